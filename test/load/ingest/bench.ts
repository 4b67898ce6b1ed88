import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { PinoLogger } from 'nestjs-pino';
import { newId } from '#common';
import { AppConfig } from '#config';
import { createDataSource, Database } from '#database';
import type { Embedder } from '../../../libs/context-memory/src/embedding/embedder.port.js';
import { LocalEmbedder } from '../../../libs/context-memory/src/embedding/local-embedder.js';
import { startProcess } from '../../e2e/running-process.js';
import { startStores } from '../../running-stores.js';
import { Ingestion } from './ingestion.js';
import { RemoteEmbedder, requestMs } from './remote-embedder.js';

/**
 * How much faster texts are stored and embedded the way the product does it (rows in one transaction, embedded in batches, vectors
 * stored in batches) than a client gets vectors by asking for one text after the other, which stores nothing. Both alternate, so
 * that whatever else the machine does strikes both; the ratio is that of the medians.
 */
const rounds = 3;

const words =
  'the harbour cellar keeper counts barrels twice before winter because rats and thieves know every door'.split(
    ' ',
  );

/** A made-up text that no other round has. */
const textOf = (length: number): string =>
  Array.from({ length }, (_, i) =>
    i === 0 ? newId() : words[Math.floor(Math.random() * words.length)],
  ).join(' ');

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

async function timed(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - start);
}

async function oneByOne(embedder: Embedder, texts: string[]): Promise<void> {
  for (const text of texts) await embedder.embed([text], 'passage');
}

/** A row of the table. */
async function compare(label: string, ingestion: Ingestion, count: number, length: number): Promise<string> {
  const rates = { single: [] as number[], ingest: [] as number[] };
  const texts = () => Array.from({ length: count }, () => textOf(length));
  await ingestion.embedder.embed([textOf(length)], 'passage');
  for (let round = 0; round < rounds; round++) {
    const [alone, together] = [texts(), texts()];
    rates.single.push(await timed(count, () => oneByOne(ingestion.embedder, alone)));
    rates.ingest.push(await timed(count, () => ingestion.ingest(together)));
  }
  const [single, ingest] = [median(rates.single), median(rates.ingest)];
  return `| ${label} | ${length} | ${single.toFixed(1)} | ${ingest.toFixed(1)} | ${(ingest / single).toFixed(1)} |`;
}

async function run(count: number): Promise<void> {
  const stores = await startStores();
  const env = {
    NODE_ENV: 'test',
    DATABASE_URL: stores.databaseUrl,
    REDIS_URL: stores.redisUrl,
    API_KEY_PEPPER: 'pepper-of-the-bench',
    ADMIN_API_KEY: 'admin-key-of-the-bench',
  };
  const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
  const config = new AppConfig(env);
  const migration = await startProcess({
    name: 'migrate',
    file: 'dist/migrations/run.js',
    env,
    logDirectory: tmpdir(),
  });
  await migration.exited;
  const dataSource = await createDataSource(config.database, logger).initialize();
  const local = new LocalEmbedder({ modelsDir: config.embedding.MODELS_DIR, threads: 1 });
  try {
    const database = new Database(dataSource);
    const on = (embedder: Embedder) => Ingestion.of(database, embedder, logger);
    await local.start();
    const [byModel, byNetwork] = [await on(local), await on(new RemoteEmbedder())];
    console.log(
      `${count} texts a round, ${rounds} rounds, medians; a remote request takes ${requestMs} ms and more\n`,
    );
    console.log('| embedder | words | one by one, texts/s | ingest, texts/s | ratio |');
    console.log('| --- | --- | --- | --- | --- |');
    for (const length of [12, 120]) {
      console.log(await compare('local (gte-small, one thread)', byModel, count, length));
      console.log(await compare('remote, simulated', byNetwork, count, length));
    }
  } finally {
    await local.close();
    await dataSource.destroy();
    await stores.stop();
  }
}

const { values } = parseArgs({ options: { texts: { type: 'string', default: '128' } } });
await run(Number(values.texts));
