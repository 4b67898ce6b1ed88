import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** A small file of names and values, e.g. secrets; undefined when it is not there. Throws when it is not what we wrote. */
export function readRecord<Value>(
  path: string,
  isValue: (value: unknown) => value is Value,
): Record<string, Value> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const parsed: unknown = JSON.parse(text);
  const isRecord = (value: unknown): value is Record<string, Value> =>
    typeof value === 'object' && value !== null && Object.values(value).every(isValue);
  if (!isRecord(parsed))
    throw new Error(`${path} does not hold what was written there: remove it to start afresh`);
  return parsed;
}

/** Writes it whole or not at all, readable by its owner only. */
export function writeRecord(path: string, record: Readonly<Record<string, unknown>>): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}
