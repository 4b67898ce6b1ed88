import { limitNames, type LimitName } from '#common';
import { LuaScript, type RedisCommands } from '#redis';
import { peekBucket } from './gcra.js';
import type { LimitDecision, LimitState, Standing, UnknownDay } from './limit-decision.js';
import { limitKeys } from './limit-keys.js';
import type { LimitedCaller, Limits } from './limited-caller.js';
import { tokenWindowSeconds } from './token-window.js';
import { untilDayEnds, utcDay } from './utc-day.js';

/** The limits as they stand in Redis, one round trip an operation. Failures of Redis are thrown as they come. */
export class LimitStore {
  private readonly admitScript: LuaScript;

  /** @param lapseAfterMs after which a reservation that nobody settled is given back */
  constructor(
    private readonly redis: RedisCommands,
    private readonly lapseAfterMs: number,
  ) {
    this.admitScript = new LuaScript(redis, new URL('./admit-call.lua', import.meta.url));
  }

  /**
   * Takes what a call asks of every limit, or nothing.
   * @param tokens 0: a request that uses none, and holds no slot
   * @param usedToday the day's tokens as the ledger has them, to be told after an {@link UnknownDay}
   */
  async admit(
    caller: LimitedCaller,
    callId: string,
    tokens: number,
    usedToday?: number,
  ): Promise<LimitDecision | UnknownDay> {
    const { limits } = caller;
    const keys = limitKeys(caller);
    const reply = await this.admitScript.run(
      [
        keys.requests,
        keys.tokens,
        keys.parallel,
        keys.workspaceRequests,
        keys.daily,
        keys.reservations,
        keys.lapsed,
        keys.known,
      ],
      [
        callId,
        tokens,
        this.lapseAfterMs,
        limits.requests,
        limits.windowSeconds,
        limits.tokens,
        limits.parallel,
        limits.workspaceRequests,
        limits.workspaceWindowSeconds,
        limits.dailyTokens,
        ` ${limits.shadow.join(' ')} `,
        usedToday ?? '',
      ],
    );
    return toDecision(reply, limits);
  }

  /** How the caller stands, without moving a counter; undefined when Redis has lost the day's count. */
  async peek(caller: LimitedCaller): Promise<LimitState | undefined> {
    const { limits } = caller;
    const keys = limitKeys(caller);
    // In one turn of the event loop, so in one round trip.
    const [arrivals, [seconds, microseconds], inFlight] = await Promise.all([
      this.redis.mget(keys.requests, keys.tokens, keys.workspaceRequests, keys.daily, keys.known),
      this.redis.time(),
      this.redis.zcount(keys.parallel, Date.now(), '+inf'),
    ]);
    const now = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
    const [requests, tokens, workspaceRequests, used, known] = arrivals;
    if (used == null && known != null && Number(known) >= utcDay(now)) return undefined;
    const standing = (size: number, windowSeconds: number, arrival: string | null | undefined) => ({
      limit: size,
      ...peekBucket({ size, windowSeconds }, Number(arrival ?? 0), now),
    });
    const bounded = (size: number, windowSeconds: number, arrival: string | null | undefined) =>
      size === 0 ? undefined : standing(size, windowSeconds, arrival);
    return {
      requests: standing(limits.requests, limits.windowSeconds, requests),
      tokens: bounded(limits.tokens, tokenWindowSeconds, tokens),
      parallel: slots(limits.parallel, limits.parallel - inFlight),
      workspaceRequests: bounded(limits.workspaceRequests, limits.workspaceWindowSeconds, workspaceRequests),
      dailyTokens: day(limits.dailyTokens, limits.dailyTokens - Number(used ?? 0), untilDayEnds(now)),
    };
  }
}

const slots = (limit: number, left: number): Standing | undefined =>
  limit === 0 ? undefined : { limit, remaining: Math.max(0, left), resetMs: 0 };

const day = (limit: number, left: number, resetMs: number): Standing => ({
  limit,
  remaining: Math.max(0, left),
  resetMs,
});

const isLimitName = (value: unknown): value is LimitName => limitNames.some((name) => name === value);

/** Reads the reply of `admit-call.lua`. */
function toDecision(reply: unknown, limits: Limits): LimitDecision | UnknownDay {
  if (!Array.isArray(reply)) throw new TypeError('admit-call.lua answered no list');
  const [refusedBy, shadowed, retryMs, now, ...rest]: unknown[] = reply;
  if (refusedBy === 'unknown') return { unknownDay: utcDay(Number(now)) };
  const standing = (limit: number, at: number): Standing => ({
    limit,
    remaining: Number(rest[at]),
    resetMs: Number(rest[at + 1]),
  });
  const bounded = (limit: number, at: number) => (limit === 0 ? undefined : standing(limit, at));
  const tokensUntil = rest[10];
  return {
    refusedBy: isLimitName(refusedBy) ? refusedBy : undefined,
    shadowed: String(shadowed).split(' ').filter(isLimitName),
    retryMs: Number(retryMs),
    state: {
      requests: standing(limits.requests, 0),
      tokens: bounded(limits.tokens, 2),
      parallel: bounded(limits.parallel, 4),
      workspaceRequests: bounded(limits.workspaceRequests, 6),
      dailyTokens: standing(limits.dailyTokens, 8),
    },
    tokensUntil: tokensUntil === '' ? undefined : Number(tokensUntil),
    now: Number(now),
  };
}
