/** Where an answer is kept: the workspace's, under the hash of the caller's idempotency key, or of a question that is asked now. */
export interface AnswerName {
  readonly area: 'idempotency' | 'response_cache_flight';
  readonly workspaceId: string;
  /** SHA-256 in hex. */
  readonly keyHash: string;
}

/** What an answer begins with; its status is 200, or it would not be kept. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/**
 * `in_flight`: more is to come · `whole` · `failed`: the answer says itself that it is not whole, and nobody after those who
 * listen now gets to see it · `lost`: to be forgotten.
 */
export type AnswerState = 'in_flight' | 'whole' | 'failed' | 'lost';

/**
 * `claimed`: the key is free and now this call's · `known`: the same request answers, or has answered, under it · `reused`:
 * another request does.
 */
export type Claim =
  | { readonly kind: 'claimed'; readonly owner: string }
  | { readonly kind: 'known'; readonly owner: string; readonly isWhole: boolean }
  | { readonly kind: 'reused' };

/** An answer as far as it is written. */
export interface WrittenAnswer {
  /** The call that makes it; another one's answer is another answer. */
  readonly owner: string;
  readonly state: Exclude<AnswerState, 'lost'>;
  /** Undefined while the upstream has not begun. */
  readonly headers: AnswerHeaders | undefined;
  /** From the offset that was asked for. */
  readonly bytes: Buffer;
}

/** A claim lapses after so many milliseconds in which its process says nothing: it was killed, or Redis is away. */
export const leaseMs = 10_000;

/**
 * What became of an answer that another call made. `nothing`: no bytes of it were sent, and it is this call's turn · `failed`: it
 * ended, and nobody else gets to see it.
 */
export type Followed = 'whole' | 'failed' | 'nothing';
