import { LRUCache } from 'lru-cache';
import { takeFromBucket } from './gcra.js';
import type { LimitDecision } from './limit-decision.js';
import type { LimitedCaller } from './limited-caller.js';
import { untilDayEnds, utcDay } from './utc-day.js';

/**
 * What one process lets through of each limit while Redis is away. It cannot know how many others do the same: a quarter
 * keeps four processes within the limit together.
 */
const share = 1 / 4;
const maxTracked = 20_000;

/** A workspace's day as this process knows it. */
interface Day {
  readonly day: number;
  /** What Redis last said was left. */
  readonly left: number;
  /** Spent since then, by this process. */
  spent: number;
}

/** Conservative limits in this process alone, for the time that Redis is away. */
export class LocalLimiter {
  private readonly arrivals = new LRUCache<string, number>({ max: maxTracked });
  private readonly days = new LRUCache<string, Day>({ max: maxTracked });

  /** Notes what Redis said was left of the day, to go by when it falls silent. */
  learn({ workspaceId }: LimitedCaller, left: number, now: number): void {
    this.days.set(workspaceId, { day: utcDay(now), left, spent: 0 });
  }

  /** Takes one request and `tokens` of this process's share, or nothing. */
  admit(caller: LimitedCaller, tokens: number, now: number): LimitDecision {
    const { requests, windowSeconds, dailyTokens } = caller.limits;
    const today = this.today(caller, now);
    const allowance = Math.floor(today.left * share);
    const bucket = { requests: Math.max(1, Math.floor(requests * share)), windowSeconds };
    const request = takeFromBucket(bucket, this.arrivals.get(caller.keyHash) ?? 0, now);
    const outOfTokens = tokens > 0 && today.spent + tokens > allowance;
    const refusedBy = outOfTokens ? 'tokens' : request.allowed ? undefined : 'requests';
    if (!refusedBy) {
      this.arrivals.set(caller.keyHash, request.arrival);
      today.spent += tokens;
    }
    return {
      refusedBy,
      retryMs: outOfTokens ? untilDayEnds(now) : request.retryMs,
      state: {
        requests: { limit: requests, remaining: request.remaining, resetMs: request.resetMs },
        tokens: {
          limit: dailyTokens,
          remaining: Math.max(0, allowance - today.spent),
          resetMs: untilDayEnds(now),
        },
      },
      now,
    };
  }

  /** Replaces what a call reserved here by what it used. */
  settle({ workspaceId }: LimitedCaller, reserved: number, used: number, admittedAt: number): void {
    const day = this.days.get(workspaceId);
    if (day?.day === utcDay(admittedAt)) day.spent = Math.max(0, day.spent + used - reserved);
  }

  private today({ workspaceId, limits }: LimitedCaller, now: number): Day {
    const known = this.days.get(workspaceId);
    if (known?.day === utcDay(now)) return known;
    const fresh = { day: utcDay(now), left: limits.dailyTokens, spent: 0 };
    this.days.set(workspaceId, fresh);
    return fresh;
  }
}
