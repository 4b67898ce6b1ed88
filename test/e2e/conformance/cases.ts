import { z } from 'zod';
import { upstreamCalls, until } from '../tenant.js';

/** The simulator repeats what it is told, so that every answer is known beforehand. */
export const model = 'sim/fast';
export const slashModel = 'sim/vendor-b/slash-model';
export const question = 'which way to the café? 你好 👋';
export const echo = (text: string): string => `You said: ${text}`;

/** Asks the simulator for a call of the tool, whose arguments it makes from the schema. */
export const toolQuestion = 'please call:get_weather';
export const weather = z.object({ city: z.string(), days: z.number() });
export const weatherArguments = { city: 'example', days: 1 };
export const weatherTool = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
      required: ['city', 'days'],
    },
  },
};

/** What structured output is asked for; the simulator fills strings with the question. */
export const verdict = z.object({ answer: z.string(), sure: z.boolean(), score: z.number() });
export const verdictAbout = (text: string) => ({ answer: text, sure: true, score: 1 });

/** Refusals of the upstream, and the statuses that clients see of them, whoever answers. */
export const refusals: { code: number; status: number[]; error_type?: string }[] = [
  { code: 400, status: [400] },
  { code: 404, status: [404] },
  { code: 413, status: [413] },
  { code: 422, status: [422] },
  { code: 400, error_type: 'context_length_exceeded', status: [400] },
  { code: 429, status: [429] },
  // The gateway tells its own failures (500) from those behind it (502, 504).
  { code: 500, status: [500, 502] },
  { code: 503, status: [503, 502], error_type: 'provider_overloaded' },
  { code: 524, status: [524, 504] },
];

let marks = 0;
/** A `user` of its own for each case: faults and the simulator's ledger are looked up by it. */
export const newUser = (): string => `conformance-${process.pid}-${Date.now()}-${(marks += 1)}`;

/** Waits until the upstream has seen that nobody listens to its answer any more. */
export const cancelledUpstream = (user: string) =>
  until(
    'the upstream to be cancelled',
    () => upstreamCalls(user),
    (calls) => calls.length === 1 && calls[0]?.cancelled === true,
  );

/** A long text, so that there is something to break off. */
export const longText = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ');
