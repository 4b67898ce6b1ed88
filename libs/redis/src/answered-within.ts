/** Redis did not answer in time; the command may still be carried out. */
export class RedisTimeoutError extends Error {
  constructor(ms: number) {
    super(`Redis did not answer within ${ms} ms`);
    this.name = 'RedisTimeoutError';
  }
}

/** In how many parts the time is waited for. */
const parts = 5;

/**
 * Waits for an answer of Redis for so long, by its clock and not by ours: while this process is busy it neither sends what
 * it asks nor reads what was answered. So the time is waited for in parts, and a part that a stall of ours has stretched
 * counts no more than another: a burst of calls would look like an outage otherwise, and limits be guessed at.
 *
 * @throws RedisTimeoutError
 */
export function answeredWithin<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const wait = (left: number): void => {
    if (isOver) return;
    // setImmediate comes after sockets were polled, in the same turn of the event loop.
    if (left > 0) timer = setTimeout(() => setImmediate(wait, left - 1), ms / parts);
    else reject(new RedisTimeoutError(ms));
  };
  const stop = (): void => {
    isOver = true;
    clearTimeout(timer);
  };
  wait(parts);
  // By hand and not raced: every call of the product passes here twice.
  void answer.then(stop, stop);
  void answer.then(resolve, reject);
  return promise;
}
