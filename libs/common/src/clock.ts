/** Milliseconds since the epoch, behind a name so that tests can move time. */
export interface Clock {
  now(): number;
}

/** The clock of this machine. */
export const systemClock: Clock = { now: () => Date.now() };
