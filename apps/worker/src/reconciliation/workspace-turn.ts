import { Injectable } from '@nestjs/common';
import { systemClock } from '#common';
import { Database } from '#database';
import { LimitKeyScan } from '#rate-limit';
import { RedisCommands } from '#redis';
import { ReconciliationRepository } from '#usage';

/** Workspaces of a run from each of the two sides; larger fleets are gone through in several. */
const workspacesPerSide = 500;
const cursorsKey = 'reconciliation:cursors';
const dayMs = 86_400_000;

/**
 * Whose turn it is: workspaces with keys in Redis and workspaces with usage today in PostgreSQL, so that neither side's loss
 * of memory hides one. Where a run ended is kept in a Redis hash; when that is lost, it begins again.
 */
@Injectable()
export class WorkspaceTurn {
  constructor(
    private readonly redis: RedisCommands,
    private readonly keys: LimitKeyScan,
    private readonly database: Database,
    private readonly ledger: ReconciliationRepository,
  ) {}

  /** The next workspaces; after the last it begins anew. */
  async next(): Promise<string[]> {
    const { keys = '0', usage } = await this.redis.hgetall(cursorsKey);
    const inRedis = await this.keys.workspaces(keys, workspacesPerSide);
    const today = Math.floor(systemClock.now() / dayMs);
    const inLedger = await this.database.asSystem((scope) =>
      this.ledger.workspacesWithUsage(scope, today, usage || null, workspacesPerSide),
    );
    const last = inLedger.length < workspacesPerSide ? '' : (inLedger.at(-1) ?? '');
    await this.redis.hset(cursorsKey, { keys: inRedis.cursor, usage: last });
    return [...new Set([...inRedis.found, ...inLedger])];
  }

  /** Frees slots of calls in flight whose time is over, a part of all keys at a time. @returns how many */
  async reapSlots(): Promise<number> {
    const { slots = '0' } = await this.redis.hgetall(cursorsKey);
    const { found, cursor } = await this.keys.reapSlots(slots);
    await this.redis.hset(cursorsKey, { slots: cursor });
    return found;
  }
}
