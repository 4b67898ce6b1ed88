import { Injectable } from '@nestjs/common';
import { LuaScript, RedisCommands } from '#redis';
import { quotaKeyPattern, workspaceOfKey } from './limit-keys.js';

const slotKeyPattern = 'rate_limit:parallel:*';
/** Keys that one SCAN walks past, and how many of those a part of the walk may take. */
const keysPerScan = 1_000;
const scansPerPart = 100;

/** One part of a walk over Redis' keys. */
export interface ScanPart<Found> {
  readonly found: Found;
  /** Where the next part begins; `0` after the last. */
  readonly cursor: string;
}

/**
 * Walks over the keys of limits, in parts: a Redis with millions of keys is not searched in one go. Each part looks at up to
 * 100,000 keys; what is there during the whole walk is found.
 */
@Injectable()
export class LimitKeyScan {
  private readonly reapSlotsScript: LuaScript;

  constructor(private readonly redis: RedisCommands) {
    this.reapSlotsScript = new LuaScript(redis, new URL('./reap-slots.lua', import.meta.url));
  }

  /** Workspaces that have a quota's keys. @param enough the part ends when it has so many */
  async workspaces(cursor: string, enough: number): Promise<ScanPart<Set<string>>> {
    const found = new Set<string>();
    const next = await this.walk(cursor, quotaKeyPattern, (keys) => {
      for (const key of keys) {
        const workspaceId = workspaceOfKey(key);
        if (workspaceId !== undefined) found.add(workspaceId);
      }
      return Promise.resolve(found.size < enough);
    });
    return { found, cursor: next };
  }

  /** Frees slots of calls in flight whose time is over. @returns how many */
  async reapSlots(cursor: string): Promise<ScanPart<number>> {
    let found = 0;
    const next = await this.walk(cursor, slotKeyPattern, async (keys) => {
      if (keys.length > 0) found += Number(await this.reapSlotsScript.run(keys, []));
      return true;
    });
    return { found, cursor: next };
  }

  private async walk(
    from: string,
    pattern: string,
    take: (keys: string[]) => Promise<boolean>,
  ): Promise<string> {
    let cursor = from;
    for (let scans = 0; scans < scansPerPart; scans += 1) {
      const [next, keys] = await this.redis.scan(cursor, 'MATCH', pattern, 'COUNT', keysPerScan);
      cursor = next;
      if (!(await take(keys)) || cursor === '0') break;
    }
    return cursor;
  }
}
