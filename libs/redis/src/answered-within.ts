/** Redis did not answer in time; the command may still be carried out. */
export class RedisTimeoutError extends Error {
  constructor(ms: number) {
    super(`Redis did not answer within ${ms} ms`);
    this.name = 'RedisTimeoutError';
  }
}

/**
 * Waits for an answer of Redis for so long, by its clock and not by ours: when this process was busy and the answer lies
 * unread in the socket, it is read before the time is called up. Otherwise a stall of our own would look like an outage.
 *
 * @throws RedisTimeoutError
 */
export async function answeredWithin<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  // setImmediate comes after sockets were polled, in the same turn of the event loop.
  const timer = setTimeout(() => setImmediate(() => reject(new RedisTimeoutError(ms))), ms);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
