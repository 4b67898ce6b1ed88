import { LRUCache } from 'lru-cache';
import type { LimitName } from '#common';
import { type Bucket, takeFromBucket } from './gcra.js';
import type { LimitDecision, Standing } from './limit-decision.js';
import type { LimitedCaller } from './limited-caller.js';
import type { Reservation } from './settle-store.js';
import { tokenWindowSeconds } from './token-window.js';
import { untilDayEnds, utcDay } from './utc-day.js';

/**
 * What one process lets through of each limit while Redis is away. It cannot know how many others do the same: a quarter
 * keeps four processes within the limit together.
 */
const share = 1 / 4;
const maxTracked = 20_000;
/** Nobody knows when a call ends; a second is what most of them take at least. */
const slotWaitMs = 1_000;

const shareOf = (limit: number): number => Math.max(1, Math.floor(limit * share));

/** A workspace's day as this process knows it. */
interface Day {
  readonly day: number;
  /** What Redis last said was left. */
  left: number;
  /** Spent since then, by this process. */
  spent: number;
}

/** One limit's view of a call. */
interface Look {
  readonly name: LimitName;
  /** Until a repeat makes sense; 0: it may pass. */
  readonly waitMs: number;
  readonly standing: Standing;
  take(): void;
}

/** Conservative limits in this process alone, for the time that Redis is away. */
export class LocalLimiter {
  private readonly arrivals = new LRUCache<string, number>({ max: maxTracked });
  private readonly days = new LRUCache<string, Day>({ max: maxTracked });
  private readonly inFlight = new Map<string, number>();

  /** Notes what Redis said was left of the day, to go by when it falls silent. */
  learn({ workspaceId }: LimitedCaller, left: number, now: number): void {
    const known = this.days.get(workspaceId);
    if (known?.day !== utcDay(now)) this.days.set(workspaceId, { day: utcDay(now), left, spent: 0 });
    else Object.assign(known, { left, spent: 0 });
  }

  /** Takes one request and `tokens` of this process's share, or nothing. */
  admit(caller: LimitedCaller, tokens: number, now: number): LimitDecision {
    const { limits, keyHash, workspaceId } = caller;
    const keyBucket = { size: limits.requests, windowSeconds: limits.windowSeconds };
    const workspaceBucket = { size: limits.workspaceRequests, windowSeconds: limits.workspaceWindowSeconds };
    const day = this.dayOf(caller, tokens, now);
    const requests = this.bucket('requests', keyHash, keyBucket, 1, now);
    const optional = {
      tokens:
        limits.tokens === 0
          ? undefined
          : this.bucket(
              'tokens',
              keyHash,
              { size: limits.tokens, windowSeconds: tokenWindowSeconds },
              tokens,
              now,
            ),
      parallel: limits.parallel === 0 ? undefined : this.slots(caller, tokens),
      workspaceRequests:
        limits.workspaceRequests === 0
          ? undefined
          : this.bucket('workspace_requests', workspaceId, workspaceBucket, 1, now),
    };
    const looks = [requests, ...Object.values(optional), day].filter((look) => look !== undefined);
    const exceeded = looks.filter(({ waitMs }) => waitMs > 0);
    const [refusal] = exceeded
      .filter(({ name }) => !limits.shadow.includes(name))
      .toSorted((one, other) => other.waitMs - one.waitMs);
    if (!refusal) for (const look of looks) look.take();
    return {
      refusedBy: refusal?.name,
      shadowed: exceeded.map(({ name }) => name).filter((name) => limits.shadow.includes(name)),
      retryMs: refusal?.waitMs ?? 0,
      state: {
        requests: requests.standing,
        tokens: optional.tokens?.standing,
        parallel: optional.parallel?.standing,
        workspaceRequests: optional.workspaceRequests?.standing,
        dailyTokens: day.standing,
      },
      tokensUntil: undefined,
      now,
    };
  }

  /** Replaces what a call reserved here by what it used, and frees its slot. */
  settle({ caller, tokens, day: admittedOn }: Reservation, used: number): void {
    const day = this.days.get(caller.workspaceId);
    if (day?.day === admittedOn) day.spent = Math.max(0, day.spent + used - tokens);
    const others = (this.inFlight.get(caller.keyHash) ?? 0) - 1;
    if (others > 0) this.inFlight.set(caller.keyHash, others);
    else this.inFlight.delete(caller.keyHash);
  }

  private bucket(
    name: LimitName,
    of: string,
    { size, windowSeconds }: Bucket,
    amount: number,
    now: number,
  ): Look {
    const key = `${name}:${of}`;
    const bucket = { size: shareOf(size), windowSeconds };
    const { allowed, retryMs, arrival, ...state } = takeFromBucket(
      bucket,
      this.arrivals.get(key) ?? 0,
      now,
      amount,
    );
    return {
      name,
      waitMs: retryMs,
      standing: { limit: size, ...state },
      take: () => void (allowed && this.arrivals.set(key, arrival)),
    };
  }

  private slots({ keyHash, limits }: LimitedCaller, tokens: number): Look {
    const taken = this.inFlight.get(keyHash) ?? 0;
    const left = shareOf(limits.parallel) - taken;
    const needed = tokens > 0 ? 1 : 0;
    return {
      name: 'parallel',
      waitMs: left < needed ? slotWaitMs : 0,
      standing: { limit: limits.parallel, remaining: Math.max(0, left - needed), resetMs: 0 },
      take: () => void (needed > 0 && this.inFlight.set(keyHash, taken + 1)),
    };
  }

  private dayOf(caller: LimitedCaller, tokens: number, now: number): Look {
    const day = this.today(caller, now);
    const left = Math.floor(day.left * share) - day.spent;
    return {
      name: 'daily_tokens',
      waitMs: tokens > 0 && tokens > left ? untilDayEnds(now) : 0,
      standing: {
        limit: caller.limits.dailyTokens,
        remaining: Math.max(0, tokens > left ? left : left - tokens),
        resetMs: untilDayEnds(now),
      },
      take: () => void (day.spent += tokens),
    };
  }

  private today({ workspaceId, limits }: LimitedCaller, now: number): Day {
    const known = this.days.get(workspaceId);
    if (known?.day === utcDay(now)) return known;
    const fresh = { day: utcDay(now), left: limits.dailyTokens, spent: 0 };
    this.days.set(workspaceId, fresh);
    return fresh;
  }
}
