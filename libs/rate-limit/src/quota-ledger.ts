/** Where a day's count comes from when Redis has lost it. The gateway binds the ledger to it. */
export abstract class QuotaLedger {
  /**
   * Tokens of the workspace's calls on that day (days since the epoch, UTC), since its quota was last reset.
   * @throws when the ledger is away
   */
  abstract usedOn(workspaceId: string, day: number): Promise<number>;
}
