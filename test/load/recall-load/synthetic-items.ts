import type { Client } from 'pg';
import { newId } from '#common';

const batchSize = 1_000;
const wordsPerItem = 30;
const turnsPerSession = 50;
/** One item in so many can be filtered for by `{rare: true}`. */
export const rareEvery = 100;
/** Different words in the texts; the n-th is used 1/n as often as the first (Zipf). */
const vocabulary = 20_000;
const centres = 1_000;

/** Where made-up items go. */
export interface Home {
  workspaceId: string;
  spaceId: number;
}

/** Made-up words, drawn by Zipf's law: a letter and a number, which no stemmer changes. */
export const words = (count: number): string =>
  Array.from({ length: count }, () => `w${Math.floor(vocabulary ** Math.random())}x`).join(' ');

/** What vectors are drawn around, for as long as the connection lasts. */
export async function drawCentres(db: Client): Promise<void> {
  // Each array leans on its row, or all rows would share one.
  await db.query(`
    CREATE TEMPORARY TABLE centre AS
    SELECT n, ARRAY(SELECT random() - 0.5 FROM generate_series(1, 384 + 0 * n))::vector(384) AS at
    FROM generate_series(0, ${centres - 1}) AS n`);
}

/**
 * Writes items straight to their table, as no client could in this time: turns of 30 made-up words in sessions of 50, each
 * with a vector at random around one of a thousand centres. The triggers write the terms as ever.
 */
export async function writeItems(db: Client, { workspaceId, spaceId }: Home, items: number): Promise<void> {
  for (let from = 0; from < items; from += batchSize) {
    const rows = Array.from({ length: Math.min(batchSize, items - from) }, (_, i) => ({
      id: newId(),
      content: words(wordsPerItem),
      session: `session ${Math.floor((from + i) / turnsPerSession)}`,
      place: ((from + i) % turnsPerSession) + 1,
      rare: (from + i) % rareEvery === 0,
      centre: Math.floor(Math.random() * centres),
    }));
    await db.query(
      `INSERT INTO context_items (id, workspace_id, kind, content, session, session_position, content_hash, tokens, status,
         metadata, embedding, embedding_space_id)
       SELECT id, $1, 'turn', content, session, place, id::text, $3, 'embedded', jsonb_build_object('rare', rare),
         near.at + ARRAY(SELECT 0.5 * random() - 0.25 FROM generate_series(1, 384 + 0 * place))::vector(384), $4
       FROM jsonb_to_recordset($2::jsonb) AS item (id uuid, content text, session text, place integer, rare boolean, centre integer)
       JOIN centre AS near ON near.n = item.centre`,
      [workspaceId, JSON.stringify(rows), wordsPerItem, spaceId],
    );
  }
}
