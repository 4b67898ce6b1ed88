/** How a caller stands with its limits: after an admission, or as peeked at. */
export interface LimitState {
  readonly requests: {
    readonly limit: number;
    readonly remaining: number;
    /** Until the bucket is full. */
    readonly resetMs: number;
  };
  /** The workspace's day (UTC). */
  readonly tokens: {
    readonly limit: number;
    readonly remaining: number;
    /** Until the day ends. */
    readonly resetMs: number;
  };
}

/** Which limit refuses a call: the key's requests or the workspace's tokens of the day. */
export type LimitName = 'requests' | 'tokens';

/** The answer to "may this call go on", from Redis or from this process alone. */
export interface LimitDecision {
  /** Undefined: admitted. */
  readonly refusedBy: LimitName | undefined;
  /** Until a repeat makes sense; 0 when admitted. */
  readonly retryMs: number;
  readonly state: LimitState;
  /** The deciding clock: milliseconds since the epoch. */
  readonly now: number;
}
