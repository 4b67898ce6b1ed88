import fc from 'fast-check';
import type { JsonObject } from '#common';

/** A chat answer twice: in one message, and in the deltas of a stream, cut anywhere, the arguments of calls interleaved. */
export interface SplitAnswer {
  message: JsonObject;
  deltas: JsonObject[];
}

interface Call {
  id: string;
  name: string;
  arguments: string;
}

/** Cuts a text into pieces; joined they are the text. */
const pieces = (text: string): fc.Arbitrary<string[]> =>
  fc.array(fc.nat(text.length), { maxLength: 4 }).map((cuts) => {
    const ends = [...cuts.toSorted((a, b) => a - b), text.length];
    return ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end));
  });

const calls: fc.Arbitrary<Call[]> = fc
  .array(
    fc.record({
      name: fc.stringMatching(/^[a-z]{1,5}$/),
      arguments: fc
        .dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.string())
        .map((value) => JSON.stringify(value)),
    }),
    { maxLength: 3 },
  )
  .map((made) => made.map((call, i) => ({ ...call, id: `call_${i}` })));

/** First what each call is called, as every upstream sends it; then their arguments, in turn. */
function callDeltas(made: readonly Call[], split: readonly string[][]): JsonObject[] {
  const opening = made.map(({ id, name }, index) => ({
    tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }],
  }));
  const longest = Math.max(0, ...split.map((parts) => parts.length));
  const growth = Array.from({ length: longest }, (_, turn) =>
    split.flatMap((parts, index) => {
      const text = parts[turn];
      return text === undefined ? [] : [{ tool_calls: [{ index, function: { arguments: text } }] }];
    }),
  );
  return [...opening, ...growth.flat()];
}

/** Any answer of a chat model: what it thought, what it said, what it called. */
export const splitAnswers: fc.Arbitrary<SplitAnswer> = fc
  .record({ reasoning: fc.string(), content: fc.string(), made: calls })
  .chain(({ reasoning, content, made }) =>
    fc
      .tuple(pieces(reasoning), pieces(content), fc.tuple(...made.map((call) => pieces(call.arguments))))
      .map(([thought, said, split]) => ({
        message: {
          role: 'assistant',
          reasoning,
          content,
          tool_calls: made.map(({ id, ...call }) => ({ id, type: 'function', function: call })),
        },
        deltas: [
          ...thought.map((text) => ({ reasoning: text })),
          ...said.map((text) => ({ content: text })),
          ...callDeltas(made, split),
        ],
      })),
  );

/** A chunk of a chat stream that says this. */
export const chunkSaying = (delta: JsonObject, finish_reason: string | null = null): JsonObject => ({
  id: 'gen-1',
  object: 'chat.completion.chunk',
  model: 'a/b',
  choices: [{ index: 0, delta, finish_reason }],
});

/** Server-sent events with these data, `[DONE]` last, as bytes. */
export const sseBytes = (data: readonly object[]): Buffer =>
  Buffer.from(
    [...data.map((value) => JSON.stringify(value)), '[DONE]'].map((text) => `data: ${text}\n\n`).join(''),
  );

/** The values as lines of JSON: what SDKs read in another runtime. */
export const jsonLines = (values: readonly object[]): ReadableStream =>
  new Blob(values.map((value) => `${JSON.stringify(value)}\n`)).stream();
