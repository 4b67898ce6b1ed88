import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { LuaScript, RedisCommands } from '#redis';
import { peekBucket, type Bucket } from './gcra.js';
import { limitKeys, workspaceLimitKeys } from './limit-keys.js';
import type { LimitedCaller, Limits } from './limited-caller.js';
import { QuotaLedger } from './quota-ledger.js';
import { tokenWindowSeconds } from './token-window.js';
import { untilDayEnds, utcDay } from './utc-day.js';

/** How a bucket stands. */
export interface BucketStanding {
  readonly remaining: number;
  /** When it is full again. */
  readonly resetsAt: Date;
}

/** How the limits stand that the keys of a workspace share. */
export interface WorkspaceStanding {
  /** Undefined: no limit. */
  readonly workspaceRequests: BucketStanding | undefined;
  readonly dailyTokens: {
    /** Settled or reserved today. */
    readonly used: number;
    /** When the day ends. */
    readonly resetsAt: Date;
  };
}

/** How all limits of one key stand. */
export interface KeyStanding extends WorkspaceStanding {
  readonly requests: BucketStanding;
  /** Undefined: no limit. */
  readonly tokens: BucketStanding | undefined;
  readonly parallel: { readonly inFlight: number };
}

type Shared = Pick<Limits, 'workspaceRequests' | 'workspaceWindowSeconds'>;

/** How limits stand, for people who look: one round trip, no counter moved, undefined while Redis cannot say. */
@Injectable()
export class LimitStandings {
  private readonly script: LuaScript;

  constructor(
    redis: RedisCommands,
    private readonly ledger: QuotaLedger,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(LimitStandings.name);
    this.script = new LuaScript(redis, new URL('./peek-limits.lua', import.meta.url));
  }

  async ofWorkspace(workspaceId: string, limits: Shared): Promise<WorkspaceStanding | undefined> {
    const { daily, workspaceRequests } = workspaceLimitKeys(workspaceId);
    const peeked = await this.peek([daily, workspaceRequests]);
    return peeked && toWorkspaceStanding(peeked, limits, await this.usedToday(workspaceId, peeked));
  }

  async ofKey(caller: LimitedCaller): Promise<KeyStanding | undefined> {
    const { daily, workspaceRequests, requests, tokens, parallel } = limitKeys(caller);
    const peeked = await this.peek([daily, workspaceRequests, requests, tokens, parallel]);
    return peeked && toKeyStanding(peeked, caller.limits, await this.usedToday(caller.workspaceId, peeked));
  }

  /** Where Redis holds no count of the day (no call yet, or it lost its memory), what the next admission would begin with. */
  private async usedToday(workspaceId: string, { used, now }: Peeked): Promise<number> {
    return used ?? this.ledger.usedOn(workspaceId, utcDay(now));
  }

  private async peek(keys: string[]): Promise<Peeked | undefined> {
    try {
      return toPeeked(await this.script.run(keys, []));
    } catch (error) {
      this.logger.warn({ exception: String(error) }, 'limit_standing_unknown');
      return undefined;
    }
  }
}

/** The reply of `peek-limits.lua`, read. Times in ms, arrivals 0 for a bucket not used yet. */
interface Peeked {
  readonly now: number;
  readonly used: number | undefined;
  readonly workspaceArrival: number;
  readonly arrival: number;
  readonly tokensArrival: number;
  readonly inFlight: number;
}

function toPeeked(reply: unknown): Peeked {
  if (!Array.isArray(reply)) throw new TypeError('peek-limits.lua answered no list');
  const [nowUs, used, ...numbers]: unknown[] = reply;
  const [workspaceArrival = 0, arrival = 0, tokensArrival = 0, inFlight = 0] = numbers.map(Number);
  return {
    now: Number(nowUs) / 1_000,
    used: used === null ? undefined : Number(used),
    workspaceArrival,
    arrival,
    tokensArrival,
    inFlight,
  };
}

const toWorkspaceStanding = (
  { now, workspaceArrival }: Peeked,
  limits: Shared,
  used: number,
): WorkspaceStanding => ({
  workspaceRequests: bounded(
    { size: limits.workspaceRequests, windowSeconds: limits.workspaceWindowSeconds },
    workspaceArrival,
    now,
  ),
  dailyTokens: { used, resetsAt: new Date(now + untilDayEnds(now)) },
});

function toKeyStanding(peeked: Peeked, limits: Limits, used: number): KeyStanding {
  const { now, arrival, tokensArrival, inFlight } = peeked;
  return {
    ...toWorkspaceStanding(peeked, limits, used),
    requests: standingOf({ size: limits.requests, windowSeconds: limits.windowSeconds }, arrival, now),
    tokens: bounded({ size: limits.tokens, windowSeconds: tokenWindowSeconds }, tokensArrival, now),
    parallel: { inFlight },
  };
}

function standingOf(bucket: Bucket, arrival: number, now: number): BucketStanding {
  const { remaining, resetMs } = peekBucket(bucket, arrival, now);
  return { remaining, resetsAt: new Date(now + resetMs) };
}

/** Undefined for a limit that is none. */
const bounded = (bucket: Bucket, arrival: number, now: number): BucketStanding | undefined =>
  bucket.size === 0 ? undefined : standingOf(bucket, arrival, now);
