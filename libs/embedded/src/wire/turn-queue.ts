/** One connection's piece of work. Resolves true when the connection must have the next turn as well. */
export interface Turn<Key> {
  readonly key: Key;
  run(): Promise<boolean>;
}

export interface TurnQueueOptions<Key> {
  /** Milliseconds that a holder may idle while others wait. */
  readonly idleLimitMs: number;
  /** The holder idled too long. Whoever is told must enqueue a turn that gives the session up. */
  readonly onIdleTooLong: (holder: Key) => void;
  /** A turn threw: it should not have. */
  readonly onError: (error: unknown) => void;
}

/**
 * Serves turns one at a time in order of arrival. A connection in a transaction holds the session: only its own turns are
 * served until it lets go, and an idle holder is reported once others have waited too long.
 */
export class TurnQueue<Key> {
  private readonly waiting: Turn<Key>[] = [];
  private holder: Key | undefined;
  private serving = false;
  private idleTimer: NodeJS.Timeout | undefined;
  private drained: (() => void)[] = [];

  constructor(private readonly options: TurnQueueOptions<Key>) {}

  enqueue(turn: Turn<Key>): void {
    this.waiting.push(turn);
    void this.serve();
  }

  /** Resolves when no turn runs and none can. */
  async idle(): Promise<void> {
    if (this.serving) await new Promise<void>((resolve) => this.drained.push(resolve));
  }

  private async serve(): Promise<void> {
    if (this.serving) return;
    this.serving = true;
    for (let turn = this.take(); turn; turn = this.take()) {
      this.stopIdleTimer();
      try {
        this.holder = (await turn.run()) ? turn.key : undefined;
      } catch (error) {
        this.holder = undefined;
        this.options.onError(error);
      }
      // A turn blocks the event loop (the database runs inside this process): let the sockets be read between two.
      await new Promise(setImmediate);
    }
    this.serving = false;
    for (const resolve of this.drained.splice(0)) resolve();
    this.startIdleTimer();
  }

  private take(): Turn<Key> | undefined {
    const { holder } = this;
    const index = holder === undefined ? 0 : this.waiting.findIndex((turn) => turn.key === holder);
    return index < 0 ? undefined : this.waiting.splice(index, 1)[0];
  }

  private startIdleTimer(): void {
    const { holder } = this;
    if (holder === undefined || this.waiting.length === 0 || this.idleTimer) return;
    this.idleTimer = setTimeout(() => {
      this.idleTimer = undefined;
      this.options.onIdleTooLong(holder);
    }, this.options.idleLimitMs);
  }

  private stopIdleTimer(): void {
    clearTimeout(this.idleTimer);
    this.idleTimer = undefined;
  }
}
