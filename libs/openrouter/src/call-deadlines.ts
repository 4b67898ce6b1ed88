/** Time-outs of one upstream call, in milliseconds. Connecting has its own, set once for the client. */
export interface CallTimeouts {
  /** From the start of the call to its first real chunk, as {@link CallDeadlines.progress} reports it. */
  firstChunk: number;
  /** Longest wait from one real chunk to the next. Keep-alive comments are none: a stalled model must not look busy. */
  idle: number;
  /** From the start of the call to its last byte. */
  total: number;
}

/** The running clocks of one call; the first to run out tells so once. */
export class CallDeadlines {
  private readonly total: NodeJS.Timeout;
  private silence: NodeJS.Timeout;
  private begun = false;
  private isWaiting = false;
  /** The silence clock is to start anew at the next wait: a chunk came, or it ran out while nobody waited. */
  private isFresh = false;

  constructor(
    private readonly timeouts: CallTimeouts,
    private readonly onExpired: () => void,
  ) {
    this.total = setTimeout(() => this.expire(), timeouts.total);
    this.silence = setTimeout(() => this.expire(), timeouts.firstChunk);
  }

  /** A real chunk is here. */
  progress(): void {
    this.isFresh = true;
    if (this.begun) return;
    this.begun = true;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.onSilence(), this.timeouts.idle);
  }

  /** The reader has read everything there is, and waits. Until then time is the reader's, not the upstream's. */
  waiting(): void {
    this.isWaiting = true;
    if (this.begun && this.isFresh) this.silence.refresh();
    this.isFresh = false;
  }

  /** Bytes came for the reader. */
  arrived(): void {
    this.isWaiting = false;
  }

  stop(): void {
    clearTimeout(this.total);
    clearTimeout(this.silence);
  }

  private onSilence(): void {
    if (this.isWaiting) this.expire();
    else this.isFresh = true;
  }

  private expire(): void {
    this.stop();
    this.onExpired();
  }
}
