/**
 * Work that goes on after the caller has its answer (a saved turn, a usage event). Shutdown drains it, so nothing that
 * was promised is dropped by a deploy.
 */
export class BackgroundTasks {
  private readonly running = new Set<Promise<void>>();

  /** @param onError is told of a failure; the task must do its own retrying. */
  constructor(private readonly onError: (error: unknown, name: string) => void) {}

  run(name: string, work: () => Promise<unknown>): void {
    const task = this.watch(name, work);
    this.running.add(task);
    void task.then(() => this.running.delete(task));
  }

  /**
   * Resolves when everything started so far, and whatever that started, has ended, or after `limitMs`.
   * @returns how many tasks were still running then
   */
  async drain(limitMs: number): Promise<number> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    const ended = async () => {
      while (this.running.size > 0) await Promise.all(this.running);
    };
    await Promise.race([ended(), late]);
    clearTimeout(timer);
    return this.running.size;
  }

  private async watch(name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.onError(error, name);
    }
  }
}
