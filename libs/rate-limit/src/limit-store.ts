import { LuaScript, type RedisCommands } from '#redis';
import { usageStream, type UsageEvent } from '#queues';
import { peekBucket } from './gcra.js';
import type { LimitDecision, LimitState } from './limit-decision.js';
import type { LimitedCaller } from './limited-caller.js';
import { untilDayEnds } from './utc-day.js';

/** A call's hold on the day's tokens. */
export interface Reservation {
  readonly callId: string;
  readonly workspaceId: string;
  readonly tokens: number;
  /** Of the admission: days since the epoch, UTC. */
  readonly day: number;
  /** False when the call was admitted without Redis: there is nothing to replace. */
  readonly held: boolean;
}

/** What became of a settle; the meanings are in `settle-call.lua`. */
export type SettleOutcome = 'settled' | 'late' | 'unknown';

const bucketKey = (caller: LimitedCaller): string => `rate_limit:api_key:${caller.keyHash}`;
const quotaKey = (workspaceId: string): string => `quota:daily:${workspaceId}`;
const reservationKeys = (workspaceId: string): [string, string] => [
  `quota:reservations:${workspaceId}`,
  `quota:lapsed:${workspaceId}`,
];

/** The limits as they stand in Redis, one round trip an operation. Failures of Redis are thrown as they come. */
export class LimitStore {
  private readonly admitScript: LuaScript;
  private readonly settleScript: LuaScript;

  /** @param lapseAfterMs after which a reservation that nobody settled is given back */
  constructor(
    private readonly redis: RedisCommands,
    private readonly lapseAfterMs: number,
  ) {
    this.admitScript = new LuaScript(redis, new URL('./admit-call.lua', import.meta.url));
    this.settleScript = new LuaScript(redis, new URL('./settle-call.lua', import.meta.url));
  }

  /** Takes one request and `tokens`, or nothing. */
  async admit(caller: LimitedCaller, callId: string, tokens: number): Promise<LimitDecision> {
    const { workspaceId, limits } = caller;
    const reply = await this.admitScript.run(
      [bucketKey(caller), quotaKey(workspaceId), ...reservationKeys(workspaceId)],
      [callId, limits.requests, limits.windowSeconds, tokens, limits.dailyTokens, this.lapseAfterMs],
    );
    return toDecision(reply, limits);
  }

  /** Replaces the reservation by `used` tokens and puts the event on the stream, both or neither, once. */
  async settle(reservation: Reservation, used: number, event: UsageEvent): Promise<SettleOutcome> {
    const { callId, workspaceId, tokens, day, held } = reservation;
    const reply = await this.settleScript.run(
      [quotaKey(workspaceId), ...reservationKeys(workspaceId), usageStream],
      [callId, tokens, day, used, JSON.stringify(event), held ? '0' : '1'],
    );
    if (reply === 'settled' || reply === 'late' || reply === 'unknown') return reply;
    throw new TypeError(`settle-call.lua answered ${JSON.stringify(reply)}`);
  }

  /** How the caller stands, without moving a counter. */
  async peek(caller: LimitedCaller): Promise<LimitState> {
    const { requests, windowSeconds, dailyTokens } = caller.limits;
    const [[arrival, used], [seconds, microseconds]] = await Promise.all([
      this.redis.mget(bucketKey(caller), quotaKey(caller.workspaceId)),
      this.redis.time(),
    ]);
    const now = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
    return {
      requests: { limit: requests, ...peekBucket({ requests, windowSeconds }, Number(arrival ?? 0), now) },
      tokens: {
        limit: dailyTokens,
        remaining: Math.max(0, dailyTokens - Number(used ?? 0)),
        resetMs: untilDayEnds(now),
      },
    };
  }
}

/** Reads the reply of `admit-call.lua`. */
function toDecision(reply: unknown, limits: LimitedCaller['limits']): LimitDecision {
  if (!Array.isArray(reply)) throw new TypeError('admit-call.lua answered no list');
  const [refusedBy, ...numbers]: unknown[] = reply;
  const [retryMs = 0, requestsLeft = 0, resetMs = 0, tokensLeft = 0, now = 0] = numbers.map(Number);
  return {
    refusedBy: refusedBy === 'requests' || refusedBy === 'tokens' ? refusedBy : undefined,
    retryMs,
    state: {
      requests: { limit: limits.requests, remaining: requestsLeft, resetMs },
      tokens: { limit: limits.dailyTokens, remaining: tokensLeft, resetMs: untilDayEnds(now) },
    },
    now,
  };
}
