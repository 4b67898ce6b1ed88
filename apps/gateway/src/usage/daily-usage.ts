import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { QuotaLedger } from '#rate-limit';
import { DailyUsageRepository } from '#usage';
import { settledBefore } from '../http/settled-before.js';

/** A caller waits for this answer: a database that hangs is as good as away. */
const patienceMs = 2_000;

/** The day's count as the ledger has it, for a Redis that has lost it. */
@Injectable()
export class DailyUsage extends QuotaLedger {
  constructor(
    private readonly database: Database,
    private readonly usage: DailyUsageRepository,
  ) {
    super();
  }

  usedOn(workspaceId: string, day: number): Promise<number> {
    const sum = this.database.asSystem((scope) => this.usage.tokens(scope, workspaceId, { day }));
    return settledBefore(AbortSignal.timeout(patienceMs), sum);
  }
}
