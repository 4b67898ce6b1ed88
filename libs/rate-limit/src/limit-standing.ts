import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { LuaScript, RedisCommands } from '#redis';
import { peekBucket } from './gcra.js';
import type { LimitedCaller, Limits } from './limited-caller.js';
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
    /** Settled or reserved today; undefined when Redis holds no count of today, which the ledger then has to give. */
    readonly used: number | undefined;
    /** Days since the epoch, UTC. */
    readonly day: number;
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

/** How limits stand in Redis, for people who look: one round trip, no counter moved, undefined while Redis cannot say. */
@Injectable()
export class LimitStandings {
  private readonly script: LuaScript;

  constructor(
    redis: RedisCommands,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(LimitStandings.name);
    this.script = new LuaScript(redis, new URL('./peek-limits.lua', import.meta.url));
  }

  async ofWorkspace(workspaceId: string, limits: Shared): Promise<WorkspaceStanding | undefined> {
    const peeked = await this.peek(sharedKeys(workspaceId));
    return peeked && toWorkspaceStanding(peeked, limits);
  }

  async ofKey({ workspaceId, keyHash, limits }: LimitedCaller): Promise<KeyStanding | undefined> {
    const own = ['api_key', 'tokens', 'parallel'].map((kind) => `rate_limit:${kind}:${keyHash}`);
    const peeked = await this.peek([...sharedKeys(workspaceId), ...own]);
    return peeked && toKeyStanding(peeked, limits);
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

const sharedKeys = (workspaceId: string): string[] => [
  `quota:daily:${workspaceId}`,
  `rate_limit:workspace:${workspaceId}`,
];

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

function bucketStanding(
  size: number,
  windowSeconds: number,
  arrival: number,
  now: number,
): BucketStanding | undefined {
  if (size === 0) return undefined;
  const { remaining, resetMs } = peekBucket({ requests: size, windowSeconds }, arrival, now);
  return { remaining, resetsAt: new Date(now + resetMs) };
}

const toWorkspaceStanding = ({ now, used, workspaceArrival }: Peeked, limits: Shared): WorkspaceStanding => ({
  workspaceRequests: bucketStanding(
    limits.workspaceRequests,
    limits.workspaceWindowSeconds,
    workspaceArrival,
    now,
  ),
  dailyTokens: { used, day: utcDay(now), resetsAt: new Date(now + untilDayEnds(now)) },
});

function toKeyStanding(peeked: Peeked, limits: Limits): KeyStanding {
  const { now, arrival, tokensArrival, inFlight } = peeked;
  const requests = { requests: limits.requests, windowSeconds: limits.windowSeconds };
  const { remaining, resetMs } = peekBucket(requests, arrival, now);
  return {
    ...toWorkspaceStanding(peeked, limits),
    requests: { remaining, resetsAt: new Date(now + resetMs) },
    tokens: bucketStanding(limits.tokens, tokenWindowSeconds, tokensArrival, now),
    parallel: { inFlight },
  };
}
