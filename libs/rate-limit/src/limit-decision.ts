import type { LimitName } from '#common';

/** How a caller stands with one limit. */
export interface Standing {
  readonly limit: number;
  readonly remaining: number;
  /** Until all of it is there again; 0 for calls in flight, whose end nobody knows. */
  readonly resetMs: number;
}

/** How a caller stands with its limits: after an admission, or as peeked at. Undefined: no such limit. */
export interface LimitState {
  /** Of the key, per window. */
  readonly requests: Standing;
  /** Of the key, per minute. */
  readonly tokens: Standing | undefined;
  /** Calls of the key in flight. */
  readonly parallel: Standing | undefined;
  /** Of the workspace, per its window. */
  readonly workspaceRequests: Standing | undefined;
  /** Tokens of the workspace in this UTC day. */
  readonly dailyTokens: Standing;
}

/** The answer to "may this call go on", from Redis or from this process alone. */
export interface LimitDecision {
  /** Undefined: admitted. */
  readonly refusedBy: LimitName | undefined;
  /** Limits in shadow that would have refused. */
  readonly shadowed: readonly LimitName[];
  /** Until a repeat makes sense; 0 when admitted. */
  readonly retryMs: number;
  readonly state: LimitState;
  /** The TAT of the minute's tokens as this admission left it, milliseconds; undefined when it took none of them. */
  readonly tokensUntil: number | undefined;
  /** The deciding clock: milliseconds since the epoch. */
  readonly now: number;
}

/** Redis should know the day's count and does not: it lost its memory. */
export interface UnknownDay {
  /** Days since the epoch, UTC, by Redis' clock. */
  readonly unknownDay: number;
}
