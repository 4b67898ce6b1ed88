const WINDOW_MS = 60_000;
const MOST_CRASHES = 5;
const FIRST_DELAY_MS = 200;

/** Decides how a crash is answered: again and again with growing patience, but not for ever. */
export class RestartPolicy {
  private crashes: number[] = [];

  /** Milliseconds to wait before the next start; undefined after the fifth crash within a minute. */
  afterCrash(now: number): number | undefined {
    this.crashes = [...this.crashes.filter((time) => now - time < WINDOW_MS), now];
    const count = this.crashes.length;
    return count >= MOST_CRASHES ? undefined : FIRST_DELAY_MS * 2 ** (count - 1);
  }

  /** Somebody started it on purpose: the past is forgotten. */
  reset(): void {
    this.crashes = [];
  }
}
