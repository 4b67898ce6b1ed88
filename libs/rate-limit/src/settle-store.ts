import { usageStream, type UsageEvent } from '#queues';
import { LuaScript, type RedisCommands } from '#redis';
import { epochKey, limitKeys } from './limit-keys.js';
import type { LimitedCaller } from './limited-caller.js';

/** What a call holds until it is settled. */
export interface Reservation {
  readonly callId: string;
  readonly caller: LimitedCaller;
  readonly tokens: number;
  /** Of the admission: days since the epoch, UTC. */
  readonly day: number;
  /** See LimitDecision. */
  readonly tokensUntil: number | undefined;
  /** False when the call was admitted without Redis: there is nothing to replace. */
  readonly held: boolean;
}

/** What became of a settle; the meanings are in `settle-call.lua`. */
export type SettleOutcome = 'settled' | 'late' | 'unknown';

/** Where the stream of settled calls stands. Ids of its entries rise; an epoch ends when Redis loses its memory. */
export interface StreamState {
  readonly epoch: string;
  /** The oldest entry that is not in the ledger yet; undefined when all are. */
  readonly oldest: string | undefined;
}

/** A settle as Redis carried it out; `id` is the event's on the stream. */
export type SettleReply =
  | { readonly outcome: 'unknown' }
  | {
      readonly outcome: Exclude<SettleOutcome, 'unknown'>;
      readonly id: string;
      readonly stream: StreamState;
    };

/** Ends calls in Redis, one round trip each. Failures of Redis are thrown as they come. */
export class SettleStore {
  private readonly settleScript: LuaScript;

  constructor(private readonly redis: RedisCommands) {
    this.settleScript = new LuaScript(redis, new URL('./settle-call.lua', import.meta.url));
  }

  /**
   * Replaces the reservation by `used` tokens and puts the event on the stream, both or neither, once.
   * @param event undefined: the call never was
   */
  async settle(reservation: Reservation, used: number, event: UsageEvent | undefined): Promise<SettleReply> {
    const { callId, caller, tokens, day, held, tokensUntil } = reservation;
    const keys = limitKeys(caller);
    const reply = await this.settleScript.run(
      [
        keys.daily,
        keys.reservations,
        keys.lapsed,
        keys.tokens,
        keys.parallel,
        usageStream,
        epochKey,
        `usage:settled:${callId}`,
      ],
      [
        callId,
        tokens,
        day,
        used,
        event ? JSON.stringify(event) : '',
        held ? '1' : '0',
        tokensUntil ?? '',
        caller.limits.tokens,
      ],
    );
    return toReply(reply);
  }

  /** Where the stream stands; undefined when this Redis has never settled a call, or has forgotten it. */
  async stream(): Promise<StreamState | undefined> {
    // At one moment: an epoch from before a flush beside a stream from after it would say that all was written.
    const replies = await this.redis.multi().get(epochKey).xrange(usageStream, '-', '+', 'COUNT', 1).exec();
    const [epoch, entries] = (replies ?? []).map(([error, reply]) => {
      if (error) throw error;
      return reply;
    });
    if (typeof epoch !== 'string') return undefined;
    const [first]: unknown[] = Array.isArray(entries) ? entries : [];
    return { epoch, oldest: Array.isArray(first) ? String(first[0]) : undefined };
  }
}

function toReply(reply: unknown): SettleReply {
  const [outcome, id, oldest, epoch]: unknown[] = Array.isArray(reply) ? reply : [];
  if (outcome === 'unknown') return { outcome };
  if (outcome === 'settled' || outcome === 'late') {
    return { outcome, id: String(id), stream: { epoch: String(epoch), oldest: String(oldest) } };
  }
  throw new TypeError(`settle-call.lua answered ${JSON.stringify(reply)}`);
}
