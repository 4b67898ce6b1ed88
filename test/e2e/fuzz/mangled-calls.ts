import fc from 'fast-check';
import { mangledAnswer, type RealAnswer } from './mangled-answers.js';
import type { RawAnswer } from './raw-upstream.js';

/** What the simulator answers, by the kind of question. */
export interface RealAnswers {
  chatStreams: readonly RealAnswer[];
  chatWhole: readonly RealAnswer[];
  textStreams: readonly RealAnswer[];
  textWhole: readonly RealAnswer[];
  embeddings: readonly RealAnswer[];
}

/** One call at a door, and what the upstream makes of it. */
export interface MangledCall {
  path: string;
  stream: boolean;
  /** The client asks for the chunk that counts; chat only. */
  usage: boolean;
  answer: RawAnswer;
}

const doors = ['/v1/chat/completions', '/v1/responses', '/v1/messages', '/v1/completions', '/v1/embeddings'];

function fitting(real: RealAnswers, path: string, stream: boolean): readonly RealAnswer[] {
  if (path === '/v1/embeddings') return real.embeddings;
  if (path === '/v1/completions') return stream ? real.textStreams : real.textWhole;
  return stream ? real.chatStreams : real.chatWhole;
}

/** Mostly an answer to the question; now and then one to quite another. */
export const mangledCall = (real: RealAnswers): fc.Arbitrary<MangledCall> =>
  fc.tuple(fc.constantFrom(...doors), fc.nat({ max: 3 }), fc.boolean()).chain(([path, n, usage]) => {
    const stream = n > 0;
    const answers = fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...fitting(real, path, stream)) },
      { weight: 1, arbitrary: fc.constantFrom(...Object.values(real).flat()) },
    );
    return answers.chain(mangledAnswer).map((answer) => ({ path, stream, usage, answer }));
  });

/** A small good body for a door, without its model. */
export function questionFor(path: string, stream: boolean, usage: boolean): object {
  const messages = [{ role: 'user', content: 'a' }];
  if (path === '/v1/embeddings') return { input: 'a' };
  if (path === '/v1/responses') return { input: 'a', stream };
  if (path === '/v1/messages') return { messages, max_tokens: 9, stream };
  if (path === '/v1/completions') return { prompt: 'a', stream };
  return { messages, stream, ...(stream && usage && { stream_options: { include_usage: true } }) };
}
