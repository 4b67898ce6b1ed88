import type { Redis } from 'ioredis';
import { usageStream } from '#queues';
import { answeredWithin, RedisTimeoutError } from '#redis';

const group = 'usage-writer';
/** Events that can never be written, kept for people to look at. */
const refusedStream = `${usageStream}:refused`;
const maxRefused = 10_000;
/** Beyond the time that a read is to wait for messages. A Redis that answers at all answers sooner. */
const patienceMs = 5_000;

/** One message: its id on the stream and what it holds. */
export interface StreamMessage {
  readonly id: string;
  readonly event: string | undefined;
}

/** The stream of settled calls as one consumer of the writers' group sees it. Each message goes to one of them. */
export class UsageStream {
  /**
   * @param redis a connection of its own: reading blocks it
   * @param consumer this reader's name in the group, unlike any other's
   */
  constructor(
    private readonly redis: Redis,
    private readonly consumer: string,
  ) {}

  /** Makes stream and group where they are missing: at the first start and after a flush. */
  async ensureGroup(): Promise<void> {
    try {
      // From 0, not from $: what was put there before the group was made belongs to the ledger, too.
      await this.answer(this.redis.xgroup('CREATE', usageStream, group, '0', 'MKSTREAM'));
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('BUSYGROUP')) throw error;
    }
  }

  /** Messages that nobody was given yet; waits for the first of them up to `blockMs`. */
  async read(count: number, blockMs: number): Promise<StreamMessage[]> {
    const read = [
      'GROUP',
      group,
      this.consumer,
      'COUNT',
      count,
      'BLOCK',
      blockMs,
      'STREAMS',
      usageStream,
      '>',
    ] as const;
    const reply: unknown = await this.answer(this.redis.xreadgroup(...read), blockMs);
    const [stream] = listOf(reply);
    return listOf(listOf(stream)[1]).flatMap(toMessage);
  }

  /** Takes over messages that a consumer was given and did not finish within `idleMs`: it died, or this one was cut off. */
  async claim(count: number, idleMs: number): Promise<StreamMessage[]> {
    const reply = await this.answer(
      this.redis.xautoclaim(usageStream, group, this.consumer, idleMs, '0-0', 'COUNT', count),
    );
    return listOf(reply[1]).flatMap(toMessage);
  }

  /** Ends messages: they are gone from the stream. @returns how many are left on it */
  async finish(ids: string[]): Promise<number> {
    const written = this.redis
      .multi()
      .xack(usageStream, group, ...ids)
      .xdel(usageStream, ...ids)
      .xlen(usageStream);
    const replies = await this.answer(written.exec());
    return Number(replies?.at(-1)?.[1] ?? 0);
  }

  /** Takes this reader out of the group, unless it holds messages that another has to take over first. */
  async leave(): Promise<void> {
    const pending: unknown = await this.redis.xpending(usageStream, group, '-', '+', 1, this.consumer);
    if (listOf(pending).length === 0)
      await this.redis.xgroup('DELCONSUMER', usageStream, group, this.consumer);
  }

  /** Puts aside what can never be written. */
  async refuse(event: string): Promise<void> {
    await this.answer(this.redis.xadd(refusedStream, 'MAXLEN', '~', maxRefused, '*', 'event', event));
  }

  /**
   * An answer that does not come may never come: a command can get lost when a connection breaks under it. Then the
   * connection is made anew, lest the ledger stand still for ever.
   */
  private async answer<T>(asked: Promise<T>, waitMs = 0): Promise<T> {
    try {
      return await answeredWithin(waitMs + patienceMs, asked);
    } catch (error) {
      if (error instanceof RedisTimeoutError) this.redis.disconnect(true);
      throw error;
    }
  }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** `[id, [field, value, …]]`; the fields are null when the message was deleted meanwhile. */
function toMessage(entry: unknown): StreamMessage[] {
  const [id, fields] = listOf(entry);
  if (typeof id !== 'string') return [];
  const pairs = listOf(fields);
  const event = pairs[pairs.indexOf('event') + 1];
  return [{ id, event: typeof event === 'string' ? event : undefined }];
}
