import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { createDataSource, Database } from '#database';
import { localSpace } from '#context-memory';
import { askedWords } from '../../../libs/context-memory/src/recall/asked-terms.js';
import { CandidatesRepository } from '../../../libs/context-memory/src/recall/candidates.repository.js';
import type { FilledMemory } from './filled-memory.js';

const questions = 100;
const places = 10;
/** What a recall asks each leg for when its caller asks for ten. */
const perLeg = 60;

/** Vectors like those of items: each an item's own, as far from it as items are from their centre. */
const questionVectors = `
  SELECT (embedding + ARRAY(SELECT 0.5 * random() - 0.25 FROM generate_series(1, 384 + 0 * session_position))::vector(384))::real[] AS vector
  FROM context_items ORDER BY md5(id::text) LIMIT ${questions}`;

/**
 * The share of the ten nearest items, as an exact search finds them, that the approximate index finds, too: both as recall asks
 * for them, by vectors alone.
 * @param env what the product runs with
 */
export async function nearestFound(memory: FilledMemory, env: Record<string, string>): Promise<number> {
  const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
  const dataSource = await createDataSource(new AppConfig(env).database, logger).initialize();
  try {
    const database = new Database(dataSource);
    const space = { ...localSpace, id: memory.spaceId };
    const words = askedWords([], { items: 0, length: 0 }, 1);
    const nearest = (vector: number[], approximate: boolean) =>
      database.inWorkspace(memory.workspaces[0]?.id ?? '', async (scope) => {
        const question = { vector, space };
        const hits = await new CandidatesRepository().find(scope, { words, question, approximate, perLeg });
        const best = hits.toSorted((a, b) => (b.dense ?? -1) - (a.dense ?? -1)).slice(0, places);
        return best.map(({ rowId }) => rowId);
      });
    let found = 0;
    const { rows } = await memory.db.query<{ vector: number[] }>(questionVectors);
    for (const { vector } of rows) {
      const [exact, approximate] = [await nearest(vector, false), await nearest(vector, true)];
      found += exact.filter((id) => approximate.includes(id)).length;
    }
    return found / (rows.length * places);
  } finally {
    await dataSource.destroy();
  }
}
