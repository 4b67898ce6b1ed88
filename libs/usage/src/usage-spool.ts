import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
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
    try {
      await writeFile(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''), {
        flag: 'wx',
        mode: 0o600,
        flush: true,
      });
      await rename(path, path + suffix);
    } catch (error) {
      // What a full disk left of it must not fill the disk with every further try.
      await rm(path, { force: true });
      throw error;
    }
    const directory = await open(this.directory);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /** The batches, oldest first (their names are UUIDv7). */
  async *batches(): AsyncGenerator<SpooledBatch> {
    const names = await readdir(this.directory).catch(() => []);
    for (const name of names.filter((name) => name.endsWith(suffix)).toSorted()) {
      const path = join(this.directory, name);
      const lines = await this.lines(path);
      const events = lines.flatMap((line) => parseUsageEvent(line) ?? []);
      // A line we cannot read may be one that a later version can: its file is put aside, not thrown away.
      const remove = () =>
        events.length === lines.length ? rm(path, { force: true }) : rename(path, `${path}.bad`);
      if (lines.length > 0) yield { events, remove };
    }
  }

  private async lines(path: string): Promise<string[]> {
    try {
      return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    } catch (error) {
      // Another process was faster. Anything else (no permission, too many open files) leaves the file where it is.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }
}
