import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#common';
import type { UsageEvent } from '#queues';
import { parseUsageEvent } from './usage-event.parser.js';

const suffix = '.jsonl';

/** A batch on disk. */
export interface SpooledBatch {
  readonly events: UsageEvent[];
  /** Call it once the events are in the ledger. */
  remove(): Promise<void>;
}

/**
 * Events on disk, for the time that neither Redis nor PostgreSQL takes them. A file appears whole and is never changed, so
 * any process may read it; when two do, the ledger takes each event once.
 */
export class UsageSpool {
  constructor(private readonly directory: string) {}

  /** Resolves when the events would survive a power cut. */
  async save(events: readonly UsageEvent[]): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const path = join(this.directory, newId());
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(path, path + suffix);
  }

  /** The batches, oldest first (their names are UUIDv7). */
  async *batches(): AsyncGenerator<SpooledBatch> {
    const names = await readdir(this.directory).catch(() => []);
    for (const name of names.filter((name) => name.endsWith(suffix)).toSorted()) {
      const path = join(this.directory, name);
      // Another process may have been faster.
      const text = await readFile(path, 'utf8').catch(() => '');
      const events = text.split('\n').flatMap((line) => parseUsageEvent(line) ?? []);
      yield { events, remove: () => rm(path, { force: true }) };
    }
  }
}
