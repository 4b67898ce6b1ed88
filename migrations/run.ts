import { DataSource } from 'typeorm';
import { migrations } from './index.js';

// One process migrates, the others wait: a rolling deploy starts several at once.
const lockId = 7_012_231_977;

/**
 * Brings the database named by the URL up to date. Must connect as the owner of the tables.
 * @returns the names of the migrations that ran now.
 */
export async function migrate(url: string): Promise<string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    migrations,
    installExtensions: false,
    poolSize: 2,
  });
  await dataSource.initialize();
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
  const ran = await migrate(url);
  console.log(ran.length === 0 ? 'The database is up to date' : `Migrated: ${ran.join(', ')}`);
}
