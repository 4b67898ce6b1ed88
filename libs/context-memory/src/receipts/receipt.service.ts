import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { isId, NotFoundError, systemClock } from '#common';
import { Database } from '#database';
import { RedactionService } from '../redaction/redaction.service.js';
import type { NewReceipt, Receipt } from './receipt.js';
import { ReceiptRepository } from './receipt.repository.js';
import { timeOfId } from './time-of-id.js';

/** A receipt is written beside the reply, so its id may be known a moment earlier than its row. */
const youngMs = 5_000;
const longestWaitMs = 2_000;
const lookEveryMs = 50;

/** Receipts: what went into a call and why. */
@Injectable()
export class ReceiptService {
  constructor(
    private readonly database: Database,
    private readonly receipts: ReceiptRepository,
    private readonly redaction: RedactionService,
  ) {}

  /** @throws DatabaseUnavailableError; may be called again with the same receipt */
  async write(receipt: NewReceipt): Promise<void> {
    await this.database.inWorkspace(receipt.workspaceId, async (scope) => {
      const { query } = (await this.redaction.redactor(scope)).json({ query: receipt.query });
      await this.receipts.insert(scope, { ...receipt, query });
    });
  }

  /**
   * Waits up to two seconds for a receipt whose id is younger than five.
   * @throws NotFoundError for an id this workspace does not have
   */
  async get(workspaceId: string, id: string): Promise<Receipt> {
    if (!isId(id)) throw new NotFoundError('receipt', id);
    const deadline = performance.now() + longestWaitMs;
    for (;;) {
      const receipt = await this.database.inWorkspace(workspaceId, (scope) => this.receipts.find(scope, id));
      if (receipt) return receipt;
      const age = systemClock.now() - (timeOfId(id) ?? 0);
      if (Math.abs(age) > youngMs || performance.now() >= deadline) throw new NotFoundError('receipt', id);
      await sleep(lookEveryMs);
    }
  }
}
