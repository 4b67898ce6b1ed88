import { Injectable } from '@nestjs/common';
import { usageStream } from '#queues';
import { LuaScript, RedisCommands } from '#redis';
import { workspaceLimitKeys } from './limit-keys.js';
import { type HeldTokens, type QuotaSnapshot, toHeldTokens, toSnapshot } from './quota-snapshot.js';

const reapedAtOnce = 100;

/**
 * A workspace's day in Redis as its auditor sees it: looks, and puts right what no call will put right any more. One round
 * trip an operation; failures of Redis are thrown as they come.
 */
@Injectable()
export class QuotaAudit {
  private readonly snapshotScript: LuaScript;
  private readonly moveScript: LuaScript;
  private readonly followScript: LuaScript;
  private readonly settleScript: LuaScript;
  private readonly reapScript: LuaScript;

  constructor(redis: RedisCommands) {
    const script = (name: string) => new LuaScript(redis, new URL(`./${name}.lua`, import.meta.url));
    this.snapshotScript = script('quota-snapshot');
    this.moveScript = script('move-quota');
    this.followScript = script('follow-correction');
    this.settleScript = script('settle-leaked');
    this.reapScript = script('reap-reservations');
  }

  /** Everything that is known of the day, at one moment. */
  async snapshot(workspaceId: string): Promise<QuotaSnapshot> {
    const { daily, reservations, lapsed, known } = workspaceLimitKeys(workspaceId);
    const reply = await this.snapshotScript.run([daily, reservations, lapsed, known, usageStream], []);
    return toSnapshot(workspaceId, reply);
  }

  /**
   * Adds `delta` tokens to the count that was looked at, never below zero.
   * @returns false when that count is not there any more: the day ended, or it was lost or built anew
   */
  async move({ workspaceId, day, count, known }: QuotaSnapshot, delta: number): Promise<boolean> {
    const keys = workspaceLimitKeys(workspaceId);
    const args = [day, delta, count === undefined ? '0' : '1', known];
    return (await this.moveScript.run([keys.daily, keys.known], args)) === 'moved';
  }

  /**
   * Adds what a correction of the ledger changed about a call that was settled, never below zero.
   * @param day of the call
   * @returns false when the count does not hold the call's tokens: there is nothing to follow
   */
  async follow(workspaceId: string, callId: string, day: number, delta: number): Promise<boolean> {
    const { daily, reservations, lapsed } = workspaceLimitKeys(workspaceId);
    const reply = await this.followScript.run([daily, reservations, lapsed], [callId, day, delta]);
    return reply === 'followed';
  }

  /**
   * Puts `used` tokens in the place of those a call holds, without an event: the ledger has it.
   * @returns false when the call was settled by somebody else
   */
  async settle(workspaceId: string, held: HeldTokens, used: number): Promise<boolean> {
    const { daily, reservations, lapsed } = workspaceLimitKeys(workspaceId);
    const args = [held.member, held.tokens, held.day, used];
    return (await this.settleScript.run([daily, reservations, lapsed], args)) !== 'unknown';
  }

  /** Gives back reservations that have lapsed, at most 100. @returns them */
  async reap(workspaceId: string): Promise<HeldTokens[]> {
    const { daily, reservations, lapsed } = workspaceLimitKeys(workspaceId);
    const reply = await this.reapScript.run([daily, reservations, lapsed], [reapedAtOnce]);
    return Array.isArray(reply) ? reply.flatMap(toHeldTokens) : [];
  }
}
