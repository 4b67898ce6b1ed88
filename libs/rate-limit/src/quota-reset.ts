import { Injectable } from '@nestjs/common';
import { LuaScript, RedisCommands, RedisUnavailableError } from '#redis';
import { workspaceLimitKeys } from './limit-keys.js';

/** A frozen Redis carries out what it was sent when it thaws; by then nobody waits. Well under what the connection waits. */
const withinMs = 500;

/** Begins a workspace's day anew in Redis. */
@Injectable()
export class QuotaReset {
  private readonly script: LuaScript;

  constructor(private readonly redis: RedisCommands) {
    this.script = new LuaScript(redis, new URL('./reset-quota.lua', import.meta.url));
  }

  /**
   * The count of today is 0 and calls in flight are forgotten: they count for the time before.
   * @returns the moment by Redis' clock, the one that says when calls were admitted, to the millisecond: a call admitted in
   * the same millisecond but before is counted by the ledger, lest one admitted after be left out
   * @throws RedisUnavailableError (503), nothing changed
   */
  async run(workspaceId: string): Promise<Date> {
    const { daily, reservations, lapsed, known } = workspaceLimitKeys(workspaceId);
    try {
      const [seconds, microseconds] = await this.redis.time();
      const tooLate = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000) + withinMs;
      const at = Number(await this.script.run([daily, reservations, lapsed, known], [tooLate]));
      if (at === 0) throw new Error(`Redis came to it after more than ${withinMs} ms`);
      return new Date(at);
    } catch (error) {
      throw new RedisUnavailableError(error);
    }
  }
}
