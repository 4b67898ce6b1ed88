/** A step of the start, as the control socket shows it. */
export interface Step {
  readonly name: string;
  readonly state: 'running' | 'done' | 'failed';
  /** What came of it, e.g. an address or the reason of the failure. */
  readonly detail?: string;
  /** Where to read on after a failure. */
  readonly log_file?: string;
  readonly ms?: number;
}

/** Keeps book of the steps of a start, for whoever watches. */
export class Progress {
  private readonly list: Step[] = [];

  get steps(): readonly Step[] {
    return this.list;
  }

  /** Runs a step; its result's text becomes the detail. Rejects with the step's own error. */
  async step(name: string, work: () => Promise<string>, logFile?: string): Promise<void> {
    const index = this.list.push({ name, state: 'running' }) - 1;
    const began = Date.now();
    try {
      const detail = await work();
      this.list[index] = { name, state: 'done', detail, ms: Date.now() - began };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.list[index] = { name, state: 'failed', detail, log_file: logFile, ms: Date.now() - began };
      throw error;
    }
  }
}
