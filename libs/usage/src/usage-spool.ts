import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#common';
import { metrics } from '#observability';
import type { UsageEvent } from '#queues';
import { parseUsageEvent } from './usage-event.parser.js';

const suffix = '.jsonl';
/** A full spool may be of many small files: they are not looked at again with every event that finds it full. */
const measureEveryMs = 10_000;

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
  /** Of all files, as far as this process knows: looked up at first and when it seems too much, counted in between. */
  private bytes: number | undefined;
  private measuredAt = -Infinity;

  /** @param maxBytes bytes of all files together */
  constructor(
    private readonly directory: string,
    private readonly maxBytes: number,
  ) {}

  /** Resolves when the events would survive a power cut. @throws when the disk fails or the spool is full */
  async save(events: readonly UsageEvent[]): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const lines = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    await this.makeSure(lines.length);
    const path = join(this.directory, newId());
    try {
      await writeFile(path, lines, { flag: 'wx', mode: 0o600, flush: true });
      await rename(path, path + suffix);
    } catch (error) {
      // What a full disk left of it must not fill the disk with every further try.
      await rm(path, { force: true });
      throw error;
    }
    this.count(lines.length);
    const directory = await open(this.directory);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /** The batches, oldest first (their names are UUIDv7). */
  async *batches(): AsyncGenerator<SpooledBatch> {
    if (this.bytes === undefined) await this.measure();
    for (const name of (await this.names()).filter((name) => name.endsWith(suffix)).toSorted()) {
      const path = join(this.directory, name);
      const text = await readIfThere(path);
      const lines = text.split('\n').filter((line) => line !== '');
      const events = lines.flatMap((line) => parseUsageEvent(line) ?? []);
      const remove = async () => {
        // A line we cannot read may be one that a later version can: its file is put aside, not thrown away.
        if (events.length !== lines.length) return rename(path, `${path}.bad`);
        await rm(path, { force: true });
        this.count(-Buffer.byteLength(text));
      };
      if (lines.length > 0) yield { events, remove };
    }
  }

  /** @throws when `more` bytes would be too many */
  private async makeSure(more: number): Promise<void> {
    const fits = () => this.bytes !== undefined && this.bytes + more <= this.maxBytes;
    // Other processes may have taken files away.
    if (!fits() && performance.now() - this.measuredAt >= measureEveryMs) await this.measure();
    if (!fits()) throw new Error(`The spool is full: ${this.bytes} of ${this.maxBytes} bytes`);
  }

  private async measure(): Promise<void> {
    let bytes = 0;
    for (const name of await this.names()) {
      const file = await stat(join(this.directory, name)).catch(() => undefined);
      bytes += file?.size ?? 0;
    }
    this.measuredAt = performance.now();
    this.bytes = bytes;
    metrics.usage.spool.set(bytes);
  }

  private count(more: number): void {
    if (this.bytes === undefined) return;
    this.bytes = Math.max(0, this.bytes + more);
    metrics.usage.spool.set(this.bytes);
  }

  private names(): Promise<string[]> {
    return readdir(this.directory).catch(() => []);
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // Another process was faster. Anything else (no permission, too many open files) leaves the file where it is.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
