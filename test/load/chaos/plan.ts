import type { Fault } from '#testing';

/** How a call ends, as its client sees it. `lost`: the connection broke; `hung`: it had to be given up. */
export type Ending = 'answered' | 'refused' | 'failed' | 'broken off' | 'left' | 'lost' | 'hung';

/** One way for a call to go: what is asked, what the upstream does with it, and when its client has had enough. */
export interface Kind {
  readonly name: string;
  /** Of a deck of calls, so many are of this kind. */
  readonly share: number;
  readonly stream?: boolean;
  /** What the simulator does to calls whose `user` is this kind's name. */
  readonly fault?: Fault;
  /** The client leaves after so many ms, or when it has read so many events. */
  readonly leavesAfterMs?: number;
  readonly leavesAfterEvents?: number;
  /** How such a call ends when nothing else is broken. */
  readonly wanted: Ending;
  readonly model: 'sim/fast' | 'sim/small-context' | 'sim/vendor-b/slash-model';
  readonly question: string;
  readonly maxTokens: number;
}

const usual = {
  model: 'sim/fast',
  wanted: 'answered',
  maxTokens: 64,
  question: 'one two three four five six seven eight nine ten eleven twelve',
} as const;
const brokenOff = {
  ...usual,
  model: 'sim/vendor-b/slash-model',
  wanted: 'broken off',
  stream: true,
} as const;
const leaver = { ...usual, wanted: 'left' } as const;
const overloaded = { code: 503, message: 'Busy', error_type: 'provider_overloaded' };
/** Long enough for a client to have left before, short enough for the first-token time-out. */
const silenceMs = 2_800;

/**
 * What the load is made of. Kinds that make a model look ill have models of their own, so that a circuit breaker towards
 * those takes nothing from the others.
 */
export const kinds: readonly Kind[] = [
  { ...usual, name: 'json', share: 32 },
  { ...usual, name: 'stream', share: 22, stream: true },
  { ...usual, name: 'slow json', share: 3, fault: { delay_headers_ms: 800 } },
  { ...usual, name: 'slow stream', share: 4, stream: true, fault: { delay_chunk_ms: 150 } },
  { ...usual, name: 'json without usage', share: 3, fault: { usage: 'none' } },
  { ...usual, name: 'stream without usage', share: 3, stream: true, fault: { usage: 'none' } },
  { ...usual, name: 'json of zero usage', share: 2, fault: { usage: 'zero' } },
  { ...usual, name: 'stream of zero usage', share: 2, stream: true, fault: { usage: 'zero' } },
  { ...usual, name: 'empty completion', share: 2, fault: { empty_completion: 'stop' } },
  { ...usual, name: 'blank completion', share: 2, fault: { empty_completion: 'blank' }, wanted: 'failed' },
  {
    ...usual,
    name: '5xx',
    share: 3,
    fault: { error: overloaded },
    wanted: 'failed',
    model: 'sim/small-context',
  },
  { ...brokenOff, name: 'stream cut', share: 3, fault: { cut: 'mid_stream' } },
  {
    ...brokenOff,
    name: 'stream cut, usage from 0',
    share: 2,
    fault: { cut: 'mid_stream', usage: 'every_chunk' },
  },
  { ...brokenOff, name: 'error in stream', share: 3, fault: { error_in_stream: overloaded } },
  { ...brokenOff, name: 'json cut', share: 2, stream: false, fault: { cut: 'mid_stream' }, wanted: 'failed' },
  {
    ...leaver,
    name: 'json, left early',
    share: 2,
    fault: { delay_headers_ms: silenceMs },
    leavesAfterMs: 300,
  },
  {
    ...leaver,
    name: 'stream, left early',
    share: 2,
    stream: true,
    fault: { delay_headers_ms: silenceMs },
    leavesAfterMs: 300,
  },
  {
    ...leaver,
    name: 'json, left in silence',
    share: 2,
    fault: { delay_body_ms: silenceMs },
    leavesAfterMs: 2_000,
  },
  {
    ...leaver,
    name: 'stream, left in silence',
    share: 2,
    stream: true,
    fault: { delay_body_ms: silenceMs },
    leavesAfterMs: 2_000,
  },
  {
    ...leaver,
    name: 'stream, left mid-way',
    share: 4,
    stream: true,
    fault: { delay_chunk_ms: 60 },
    leavesAfterEvents: 3,
  },
  {
    ...leaver,
    name: 'stream, left mid-way, usage from 0',
    share: 3,
    stream: true,
    fault: { delay_chunk_ms: 60, usage: 'every_chunk' },
    leavesAfterEvents: 3,
  },
];

/**
 * For the tenant whose quota is a multiple of what one such call uses. Its prompt is long, so that what the gateway reserves
 * for it and what it uses differ by less than the quota leaves over: the gateway guesses how a model frames a message.
 */
export const quotaCall: Kind = {
  ...usual,
  name: 'tight quota',
  share: 0,
  maxTokens: 5,
  question: 'word '.repeat(400),
};

/** For the tenant of few slots: long enough to stand in them together. */
export const slotCall: Kind = { ...usual, name: 'tight slots', share: 0, fault: { delay_headers_ms: 400 } };

/** Calls that the tight quota holds, and slots of the tight key. */
export const quotaPlaces = 60;
export const slots = 8;

const deck = kinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
/** No divisor of a deck's length, so that steps of it meet each card once and kinds come mixed. */
const step = 37;

/** The kind of the n-th call: the same in every run, and in every stretch of a deck's length the same mix. */
export function kindOf(n: number): Kind {
  const kind = deck[(n * step) % deck.length];
  if (!kind) throw new Error('The deck is empty');
  return kind;
}

/** Everything the simulator does wrong, by the `user` of the call. */
export const faults = (): Fault[] =>
  [...kinds, slotCall].flatMap(({ name, fault }) => (fault ? [{ ...fault, user: name }] : []));
