import { setTimeout as sleep } from 'node:timers/promises';
import type { PinoLogger } from 'nestjs-pino';
import { metrics } from '#observability';
import type { UsageEvent } from '#queues';
import type { Ledger } from './ledger.js';
import { parseUsageEvent } from './usage-event.parser.js';
import type { StreamMessage, UsageStream } from './usage-stream.js';

const batchSize = 500;

export interface UsageWriterOptions {
  /** Longest wait for a message: also how long stopping may take. */
  blockMs: number;
  /** Age at which another writer's unfinished messages are taken over. */
  claimAfterMs: number;
  /** Wait after a failure of either store. */
  pauseMs: number;
}

export const writerDefaults: UsageWriterOptions = { blockMs: 1_000, claimAfterMs: 30_000, pauseMs: 500 };

/**
 * Carries events from the stream into the ledger, in batches. A message leaves the stream only after its row is committed,
 * and the ledger takes each event once: so nothing is lost and nothing counted twice, whoever dies when.
 */
export class UsageWriter {
  private stopping = false;
  private loop: Promise<void> | undefined;
  private claimedAt = -Infinity;

  constructor(
    private readonly stream: UsageStream,
    private readonly ledger: Ledger,
    private readonly logger: PinoLogger,
    private readonly options: UsageWriterOptions = writerDefaults,
  ) {}

  start(): void {
    this.loop ??= this.run();
  }

  /** Resolves when the batch in hand is written and acknowledged. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.loop;
    // A name left behind does no harm but stays for ever.
    await this.stream.leave().catch(() => undefined);
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.stream.ensureGroup();
        while (!this.stopping) await this.step();
      } catch (error) {
        if (this.stopping) return;
        this.logger.warn({ exception: String(error) }, 'usage_writer_interrupted');
        await sleep(this.options.pauseMs);
      }
    }
  }

  private async step(): Promise<void> {
    const messages = await this.next();
    if (messages.length === 0) return;
    const events = await this.parse(messages);
    for (const event of await this.write(events)) await this.stream.refuse(JSON.stringify(event));
    metrics.usage.backlog.set(await this.stream.finish(messages.map(({ id }) => id)));
  }

  private async next(): Promise<StreamMessage[]> {
    const { blockMs, claimAfterMs } = this.options;
    const now = performance.now();
    if (now - this.claimedAt >= claimAfterMs / 2) {
      const claimed = await this.stream.claim(batchSize, claimAfterMs);
      if (claimed.length > 0) return claimed;
      this.claimedAt = now;
    }
    return this.stream.read(batchSize, blockMs);
  }

  private async parse(messages: StreamMessage[]): Promise<UsageEvent[]> {
    const events: UsageEvent[] = [];
    for (const { id, event: text } of messages) {
      const event = parseUsageEvent(text);
      if (event) events.push(event);
      else {
        metrics.usage.events.inc({ step: 'failed' });
        this.logger.error({ message_id: id }, 'usage_event_unreadable');
        await this.stream.refuse(text ?? '');
      }
    }
    return events;
  }

  /** Tries until PostgreSQL takes it. Meanwhile others may claim the batch; the ledger does not mind. */
  private async write(events: UsageEvent[]): Promise<UsageEvent[]> {
    for (;;) {
      try {
        return await this.ledger.write(events);
      } catch (error) {
        if (this.stopping) throw error;
        this.logger.warn({ events: events.length, exception: String(error) }, 'usage_write_failed');
        await sleep(this.options.pauseMs);
      }
    }
  }
}
