import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '#common';
import { metrics } from '#observability';
import type { UsageEvent } from '#queues';
import { UsageSpool } from './usage-spool.js';

const event = (): UsageEvent => ({
  id: newId(),
  workspaceId: newId(),
  keyId: '0123456789abcdef',
  requestId: 'request',
  operation: 'chat',
  model: 'demo/écho',
  status: 'completed',
  statusCode: 200,
  promptTokens: 10,
  completionTokens: 5,
  contextTokens: 2,
  cost: null,
  source: 'provider',
  latencyMs: 12,
  generationId: null,
  receiptId: null,
  createdAt: '2030-01-01T00:00:00.000Z',
});

describe('UsageSpool', () => {
  const [first, second] = [event(), event()];
  const size = Buffer.byteLength(`${JSON.stringify(first)}\n`);
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spool-'));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(directory, { recursive: true });
  });

  const sizeOnDisk = async () => {
    const files = await Promise.all((await readdir(directory)).map((name) => stat(join(directory, name))));
    return files.reduce((sum, { size }) => sum + size, 0);
  };
  const shown = async () => (await metrics.usage.spool.get()).values[0]?.value;
  const full = expect.objectContaining({ message: expect.stringContaining('spool is full') });

  it('takes no more than it may hold, and more again when some is gone', async () => {
    const spool = new UsageSpool(directory, 2 * size);
    await spool.save([first, second]);
    await expect(spool.save([event()])).rejects.toEqual(full);
    expect([await sizeOnDisk(), await shown()]).toEqual([2 * size, 2 * size]);
    for await (const batch of spool.batches()) {
      expect(batch.events).toEqual([first, second]);
      await batch.remove();
    }
    expect([await sizeOnDisk(), await shown()]).toEqual([0, 0]);
    await spool.save([second]);
    expect(await shown()).toBe(size);
  });

  it('counts what an earlier process left, and what it cannot read', async () => {
    await new UsageSpool(directory, size).save([first]);
    await writeFile(join(directory, `${newId()}.jsonl`), 'x'.repeat(size));
    const spool = new UsageSpool(directory, 2 * size + 1);
    for await (const batch of spool.batches()) await batch.remove();
    expect(await readdir(directory)).toEqual([expect.stringMatching(/\.jsonl\.bad$/)]);
    expect(await shown()).toBe(size);
    await spool.save([second]);
    await expect(spool.save([first])).rejects.toEqual(full);
  });

  it('finds out in time that another process made room', async () => {
    const spool = new UsageSpool(directory, size);
    await spool.save([first]);
    await expect(spool.save([second])).rejects.toEqual(full);
    for (const name of await readdir(directory)) await rm(join(directory, name));
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 11_000);
    await spool.save([second]);
    expect(await sizeOnDisk()).toBe(size);
  });
});
