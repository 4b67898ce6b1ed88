import { Injectable } from '@nestjs/common';
import { usageStream } from '#queues';
import { RedisCommands } from '#redis';
import { parseUsageEvent } from './usage-event.parser.js';

/** Messages read at once. */
const pageSize = 1_000;

/** A settled call that is on the stream still: perhaps in the ledger, perhaps not. */
export interface UnwrittenEvent {
  /** Its message's id on the stream. */
  readonly streamId: string;
  /** The call's. */
  readonly id: string;
  readonly tokens: number;
  readonly createdAt: Date;
}

/**
 * The stream of settled calls as somebody sees it who only looks: whatever is on it, given to a writer or not. A message
 * leaves it after its row is committed, so who reads the stream first and the ledger afterwards misses none.
 */
@Injectable()
export class UnwrittenEvents {
  constructor(private readonly redis: RedisCommands) {}

  /**
   * The events of some workspaces, up to and with a message. A backlog is read once, in pages, however many workspaces ask.
   * @param lastId where to stop: what is put there meanwhile has no end
   */
  async upTo(lastId: string, workspaceIds: ReadonlySet<string>): Promise<Map<string, UnwrittenEvent[]>> {
    const events = new Map<string, UnwrittenEvent[]>();
    let from = '-';
    for (;;) {
      const page = await this.redis.xrange(usageStream, from, lastId, 'COUNT', pageSize);
      for (const [streamId, fields] of page) {
        const event = parseUsageEvent(fields[fields.indexOf('event') + 1]);
        if (!event || !workspaceIds.has(event.workspaceId)) continue;
        const { id, promptTokens, completionTokens, createdAt, workspaceId } = event;
        const tokens = promptTokens + completionTokens;
        const unwritten = { streamId, id, tokens, createdAt: new Date(createdAt) };
        const ofWorkspace = events.get(workspaceId);
        if (ofWorkspace) ofWorkspace.push(unwritten);
        else events.set(workspaceId, [unwritten]);
      }
      const last = page.at(-1)?.[0];
      if (last === undefined || page.length < pageSize) return events;
      from = `(${last}`;
    }
  }
}
