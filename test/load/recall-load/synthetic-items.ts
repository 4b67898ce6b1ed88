import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

const batchSize = 1_000;
const wordsPerItem = 30;
const turnsPerSession = 50;
/** Different words in the texts; the n-th is used 1/n as often as the first (Zipf). */
const vocabulary = 20_000;

/** The n-th word: a letter and its number, which no stemmer changes. */
export const wordAt = (n: number): string => `w${n}x`;

/** A word's number, drawn by Zipf's law. */
export const drawWord = (): number => Math.floor(vocabulary ** Math.random());

/**
 * Writes items straight to their table, as no client could in this time: turns of 30 made-up words in sessions of 50, each
 * with a vector at random around one of a thousand centres. The triggers write the terms as ever.
 */
export async function writeItems(
  db: Client,
  workspaceId: string,
  spaceId: number,
  items: number,
): Promise<void> {
  // Each array leans on its row, or all rows would share one.
  await db.query(`
    CREATE TEMPORARY TABLE centre AS
    SELECT n, ARRAY(SELECT random() - 0.5 FROM generate_series(1, 384 + 0 * n))::vector(384) AS at
    FROM generate_series(0, 999) AS n`);
  for (let from = 0; from < items; from += batchSize) {
    const rows = Array.from({ length: Math.min(batchSize, items - from) }, (_, i) => ({
      id: randomUUID(),
      content: Array.from({ length: wordsPerItem }, () => wordAt(drawWord())).join(' '),
      session: `session ${Math.floor((from + i) / turnsPerSession)}`,
      place: ((from + i) % turnsPerSession) + 1,
      centre: Math.floor(Math.random() * 1_000),
    }));
    await db.query(
      `INSERT INTO context_items (id, workspace_id, kind, content, session, session_position, content_hash, tokens, status,
         embedding, embedding_space_id)
       SELECT id, $1, 'turn', content, session, place, id::text, $3, 'embedded',
         near.at + ARRAY(SELECT 0.5 * random() - 0.25 FROM generate_series(1, 384 + 0 * place))::vector(384), $4
       FROM jsonb_to_recordset($2::jsonb) AS item (id uuid, content text, session text, place integer, centre integer)
       JOIN centre AS near ON near.n = item.centre`,
      [workspaceId, JSON.stringify(rows), wordsPerItem, spaceId],
    );
  }
  await db.query(`VACUUM ANALYZE context_items, context_terms`);
}
