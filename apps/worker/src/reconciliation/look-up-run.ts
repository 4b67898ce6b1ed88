import type { LookUp } from '#usage';

/** The upstream is left alone for so long after it turned us away without saying how long, or failed. */
const pauseMs = 30_000;
/** Failures in one run that are the upstream's and not one record's. */
const failuresToStop = 3;

/** A store of ours failed under a look-up; what was taken is due again after so long. */
const recoveryMs = 1_000;

/** One run of look-ups that several workers take from, until it is empty or the upstream is to be left alone. */
export class LookUpRun {
  lookedUp = 0;
  corrected = 0;
  givenUp = 0;
  /** How long what is left has to wait. */
  pauseMs = pauseMs;
  /** What broke the run off, if anything did. */
  brokenOffBy: unknown;
  private failures = 0;
  private isOver = false;

  constructor(private readonly lookUps: LookUp[]) {}

  /** What was taken and not looked up. */
  get left(): readonly LookUp[] {
    return this.lookUps;
  }

  /** The next one, undefined at the end. */
  next(): LookUp | undefined {
    if (this.isOver) return undefined;
    const lookUp = this.lookUps.shift();
    if (lookUp) this.lookedUp += 1;
    return lookUp;
  }

  /** The upstream has had enough of us for a while: this one and the others wait. @param retryAfter seconds */
  turnedAway(lookUp: LookUp, retryAfter: number | undefined): void {
    this.isOver = true;
    this.lookUps.push(lookUp);
    this.lookedUp -= 1;
    if (retryAfter !== undefined) this.pauseMs = Math.max(1_000, retryAfter * 1_000);
  }

  /** A store of ours failed under this one: it and the others wait a moment. */
  brokenOff(lookUp: LookUp, error: unknown): void {
    this.turnedAway(lookUp, undefined);
    this.pauseMs = recoveryMs;
    this.brokenOffBy ??= error;
  }

  /** A look-up failed otherwise; some of them, and the rest wait. */
  failed(): void {
    this.failures += 1;
    if (this.failures >= failuresToStop) this.isOver = true;
  }
}
