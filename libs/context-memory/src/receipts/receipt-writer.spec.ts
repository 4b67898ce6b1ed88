import { describe, expect, it, vi } from 'vitest';
import { type Database, DatabaseUnavailableError } from '#database';
import type { RedactionService } from '../redaction/redaction.service.js';
import { Redactor } from '../redaction/redactor.js';
import type { NewReceipt } from './receipt.js';
import type { ReceiptRepository } from './receipt.repository.js';
import { ReceiptWriter } from './receipt-writer.js';

const receipt = (id: string, workspaceId = 'a'): NewReceipt => ({
  id,
  workspaceId,
  requestId: 'r',
  tokens: 0,
  decisions: {},
  items: [],
  degraded: [],
  attempts: [],
});

/** A writer on a database that does as told. `batches` are the ids of each transaction, those that failed too. */
function writerOn(insert: (ids: string[]) => Promise<void> | void) {
  const batches: string[][] = [];
  const database = { inWorkspace: (_: string, work: (scope: object) => Promise<void>) => work({}) };
  const receipts = {
    insert: async (_: object, given: NewReceipt[]) => {
      const ids = given.map(({ id }) => id);
      batches.push(ids);
      await insert(ids);
    },
  };
  const redaction = { redactor: () => Promise.resolve(new Redactor([])) };
  return {
    batches,
    writer: new ReceiptWriter(
      database as unknown as Database,
      receipts as unknown as ReceiptRepository,
      redaction as unknown as RedactionService,
    ),
  };
}

describe('ReceiptWriter', () => {
  it('writes together what comes while others of the workspace are written', async () => {
    const first = Promise.withResolvers<void>();
    const { writer, batches } = writerOn((ids) => (ids.includes('1') ? first.promise : undefined));
    const one = writer.write(receipt('1'));
    await vi.waitUntil(() => batches.length === 1);
    const more = ['2', '3'].map((id) => writer.write(receipt(id)));
    await writer.write(receipt('other', 'b'));
    expect(batches).toEqual([['1'], ['other']]);
    first.resolve();
    await Promise.all([one, ...more]);
    expect(batches.at(-1)).toEqual(['2', '3']);
  });

  it('bounds what is written together', async () => {
    const { writer, batches } = writerOn(() => undefined);
    await Promise.all(Array.from({ length: 450 }, (_, i) => writer.write(receipt(String(i)))));
    expect(batches.map((ids) => ids.length)).toEqual([200, 200, 50]);
  });

  it('writes the others when one cannot be written', async () => {
    const { writer } = writerOn((ids) => {
      if (ids.includes('bad')) throw new Error('no such text');
    });
    const written = await Promise.allSettled(['1', 'bad', '2'].map((id) => writer.write(receipt(id))));
    expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('waits for a database that is away, for half a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    try {
      let isAway = true;
      const { writer, batches } = writerOn(() => {
        if (isAway) throw new DatabaseUnavailableError(new Error('gone'));
      });
      const early = Promise.allSettled([writer.write(receipt('early'))]);
      await vi.waitUntil(() => batches.length === 1, { interval: 1 });
      await vi.advanceTimersByTimeAsync(29_000);
      const late = writer.write(receipt('late'));
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await early).toMatchObject([{ reason: expect.any(DatabaseUnavailableError) }]);
      isAway = false;
      await vi.advanceTimersByTimeAsync(1_000);
      await late;
      expect(batches.at(-1)).toEqual(['late']);
    } finally {
      vi.useRealTimers();
    }
  });
});
