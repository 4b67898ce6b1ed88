import type { JsonObject } from '#common';

/** What a part of a chat answer is, as far as it is known when the part begins. */
export type PartHead =
  | { readonly type: 'reasoning'; readonly form: 'text' | 'summary' }
  | { readonly type: 'text' }
  | { readonly type: 'refusal' }
  | { readonly type: 'tool_call'; readonly callId: string; readonly name: string };

/**
 * An answer as a sequence of parts, one after the other: each opens, grows and closes before the next one opens. Doors whose
 * answers are lists of items or blocks write theirs from these.
 */
export type PartEvent =
  | { readonly kind: 'open'; readonly head: PartHead }
  | { readonly kind: 'grow'; readonly text: string }
  /** `text` is the whole part; `details` are OpenRouter's `reasoning_details`, merged, of a part that reasons. */
  | { readonly kind: 'close'; readonly text: string; readonly details: readonly JsonObject[] };
