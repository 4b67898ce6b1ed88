import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database, DatabaseUnavailableError } from '#database';
import { RedactionService } from '../redaction/redaction.service.js';
import type { NewReceipt } from './receipt.js';
import { ReceiptRepository } from './receipt.repository.js';

/** In one transaction; more would hold the items they name for too long. */
const largestBatch = 200;
/** Milliseconds from one transaction of a workspace to its next. */
const gatherMs = 50;
/** How long a database that is away is waited for. */
const patienceMs = 30_000;
const tryAgainMs = 500;

interface Waiting {
  readonly receipt: NewReceipt;
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Receipts on their way to the database. Each is written at once while there are few; those that come shortly after others of
 * their workspace go together, so that a busy gateway makes some transactions a second and not one a call.
 */
@Injectable()
export class ReceiptWriter {
  /** By workspace; one that is here is being written. */
  private readonly waiting = new Map<string, Waiting[]>();

  constructor(
    private readonly database: Database,
    private readonly receipts: ReceiptRepository,
    private readonly redaction: RedactionService,
  ) {}

  /** Resolves when it is in the database. @throws DatabaseUnavailableError when that was away for half a minute */
  async write(receipt: NewReceipt): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const one = { receipt, since: performance.now(), resolve, reject };
    const waiting = this.waiting.get(receipt.workspaceId);
    if (waiting) waiting.push(one);
    else {
      this.waiting.set(receipt.workspaceId, [one]);
      void this.writeAll(receipt.workspaceId);
    }
    await promise;
  }

  private async writeAll(workspaceId: string): Promise<void> {
    const waiting = this.waiting.get(workspaceId) ?? [];
    // The answer that a receipt is about may leave in this turn of the event loop, and goes first.
    await setImmediate();
    while (waiting.length > 0) {
      const gathered = sleep(gatherMs);
      await this.writeBatch(workspaceId, waiting);
      await gathered;
    }
    this.waiting.delete(workspaceId);
  }

  private async writeBatch(workspaceId: string, waiting: Waiting[]): Promise<void> {
    const batch = waiting.splice(0, largestBatch);
    try {
      await this.insert(workspaceId, batch);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) {
        const tooOld = performance.now() - patienceMs;
        for (const one of batch) if (one.since < tooOld) one.reject(error);
        waiting.unshift(...batch.filter(({ since }) => since >= tooOld));
        await sleep(tryAgainMs);
        return;
      }
      // One that cannot be written must not take the others along.
      for (const one of batch) await this.insert(workspaceId, [one]).catch(one.reject);
    }
  }

  private async insert(workspaceId: string, batch: Waiting[]): Promise<void> {
    await this.database.inWorkspace(workspaceId, async (scope) => {
      const redactor = await this.redaction.redactor(scope);
      const redacted = batch.map(({ receipt }) => ({
        ...receipt,
        query: redactor.json({ query: receipt.query }).query,
      }));
      await this.receipts.insert(scope, redacted);
    });
    for (const { resolve } of batch) resolve();
  }
}
