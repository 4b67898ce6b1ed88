import { answeredWithin, type RedisCommands, RedisUnavailableError } from '#redis';

const areas: ReadonlySet<string> = new Set(['idempotency', 'response_cache', 'response_cache_flight']);
/** Keys that one SCAN walks past. */
const keysPerScan = 1_000;

/** Takes kept answers back: they may quote what their workspace has forgotten since. */
export class AnswerEraser {
  /** @param timeoutMs how long an answer of Redis is waited for */
  constructor(
    private readonly redis: RedisCommands,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Forgets all answers of a workspace that are kept when it begins, also those that are still being made: their calls go on, and
   * whoever has joined them and read nothing makes its own.
   * @returns how many keys went. @throws RedisUnavailableError when some may still be there
   */
  async forget(workspaceId: string): Promise<number> {
    let forgotten = 0;
    try {
      let cursor = '0';
      do {
        const [next, keys] = await this.ask(
          this.redis.scan(cursor, 'MATCH', `*:${workspaceId}:*`, 'COUNT', keysPerScan),
        );
        const kept = keys.filter((key) => areas.has(key.slice(0, key.indexOf(':'))));
        if (kept.length > 0) forgotten += await this.ask(this.redis.unlink(...kept));
        cursor = next;
      } while (cursor !== '0');
    } catch (error) {
      throw new RedisUnavailableError(error);
    }
    return forgotten;
  }

  private ask<T>(reply: Promise<T>): Promise<T> {
    return answeredWithin(this.timeoutMs, reply);
  }
}
