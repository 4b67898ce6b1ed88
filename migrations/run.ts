import { DataSource } from 'typeorm';
import { migrations } from './index.js';

// One process migrates, the others wait: a rolling deploy starts several at once.
const lockId = 7_012_231_977;

/** The database is away or refuses us: the operator's to mend, so that a stack would only hide the reason. */
export class NoDatabase extends Error {
  constructor(url: string, cause: unknown) {
    super(`The database at ${hostOf(url)} cannot be used: ${reasonOf(cause)}`, { cause });
  }
}

/** Not the whole URL: it may hold a password. */
function hostOf(url: string): string {
  return URL.parse(url)?.host || 'DATABASE_URL (not a URL)';
}

/** A name with two addresses fails with an error for each and no message of its own. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Brings the database named by the URL up to date. Must connect as the owner of the tables.
 * @returns the names of the migrations that ran now.
 * @throws NoDatabase when there is no connection to be had.
 */
export async function migrate(url: string): Promise<string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    migrations,
    installExtensions: false,
    poolSize: 2,
  });
  await dataSource.initialize().catch((error: unknown) => {
    throw new NoDatabase(url, error);
  });
  try {
    const runner = dataSource.createQueryRunner();
    await runner.query('SELECT pg_advisory_lock($1)', [lockId]);
    try {
      const ran = await dataSource.runMigrations({ transaction: 'each' });
      return ran.map(({ name }) => name);
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [lockId]);
      await runner.release();
    }
  } finally {
    await dataSource.destroy();
  }
}

if (import.meta.main) {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('DATABASE_URL is not set');
  try {
    const ran = await migrate(url);
    console.log(ran.length === 0 ? 'The database is up to date' : `Migrated: ${ran.join(', ')}`);
  } catch (error) {
    if (!(error instanceof NoDatabase)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
