import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';

import type { ProtocolEngine } from './wire/shared-session.js';

const REPORTED = [
  'server_version',
  'server_encoding',
  'client_encoding',
  'DateStyle',
  'TimeZone',
  'IntervalStyle',
  'integer_datetimes',
  'standard_conforming_strings',
];

/** An open PGlite database as the multiplexer needs it. */
export interface PgliteEngine extends ProtocolEngine {
  /** What every client is told on connecting. */
  readonly parameters: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Opens (or creates) a database with pgvector's code at hand. `dataDir` undefined keeps it in memory. */
export async function openPglite(dataDir: string | undefined): Promise<PgliteEngine> {
  const db = await create(dataDir);
  // Before the first raw request: from then on PGlite sends the answers of its own query() to the raw listener.
  const { rows } = await db.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1)',
    [REPORTED],
  );
  return {
    parameters: new Map(rows.map(({ name, setting }) => [name, setting])),
    exec: (messages, onData) =>
      db.runExclusive(() => db.execProtocolRawStream(messages, { onRawData: onData })),
    close: () => db.close(),
  };
}

/** A first start that was killed leaves half a database, which looks like a whole one: a marker beside it tells. */
async function create(dataDir: string | undefined) {
  const extensions = { vector };
  if (dataDir === undefined) return PGlite.create({ extensions });
  const unfinished = `${dataDir}.unfinished`;
  if (existsSync(unfinished)) rmSync(dataDir, { recursive: true, force: true });
  // PGlite makes its files readable for all: their directory must not be.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (!existsSync(join(dataDir, 'PG_VERSION'))) writeFileSync(unfinished, '');
  const db = await PGlite.create({ dataDir, extensions });
  rmSync(unfinished, { force: true });
  return db;
}
