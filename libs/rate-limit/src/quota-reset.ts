import { Injectable } from '@nestjs/common';
import { LuaScript, RedisCommands, RedisUnavailableError } from '#redis';

const keysOf = (workspaceId: string): string[] =>
  ['daily', 'reservations', 'lapsed', 'known'].map((part) => `quota:${part}:${workspaceId}`);

/** Begins a workspace's day anew in Redis. */
@Injectable()
export class QuotaReset {
  private readonly script: LuaScript;

  constructor(redis: RedisCommands) {
    this.script = new LuaScript(redis, new URL('./reset-quota.lua', import.meta.url));
  }

  /**
   * The count of today is 0 and calls in flight are forgotten: they count for the time before.
   * @returns the moment by Redis' clock, the one that says when calls were admitted, to the millisecond: a call admitted in
   * the same millisecond but before is counted by the ledger, lest one admitted after be left out
   * @throws RedisUnavailableError (503)
   */
  async run(workspaceId: string): Promise<Date> {
    try {
      return new Date(Number(await this.script.run(keysOf(workspaceId), [])));
    } catch (error) {
      throw new RedisUnavailableError(error);
    }
  }
}
