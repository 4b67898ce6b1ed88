import { type WriteStream, createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const LARGE_BYTES = 50 * 1024 * 1024;

/** A log file to append to; one that has grown large is put aside first (`app.log.1`). */
export function openLog(path: string): WriteStream {
  mkdirSync(dirname(path), { recursive: true });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGE_BYTES) renameSync(path, `${path}.1`);
  return createWriteStream(path, { flags: 'a', mode: 0o600 });
}
