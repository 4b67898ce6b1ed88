import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '#common';
import { askedWords } from '../../libs/context-memory/src/recall/asked-terms.js';
import { CandidatesRepository } from '../../libs/context-memory/src/recall/candidates.repository.js';
import {
  type IndexedSpace,
  VectorIndexRepository,
  type VectorTable,
  vectorTables,
} from '../../libs/context-memory/src/indexing/vector-index.repository.js';
import { EmbeddingSpaces } from '../../libs/context-memory/src/spaces/embedding-spaces.js';
import { memoryOn, type Memory, newWorkspace } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';
import { TopicEmbedder } from './topic-embedder.js';

const rows = 2_400;
const topics = 60;
const questions = Array.from({ length: topics / 2 }, (_, topic) => `q${topic}?`);
/** What a recall asks each leg for when its caller asks for ten. */
const perLeg = 60;
const noWords = askedWords([], { items: 0, length: 0 }, 1);

let clients: StoreClients;
let embedder: TopicEmbedder;
let memory: Memory;
let workspace: string;
let space: IndexedSpace;

beforeAll(async () => {
  clients = await connectStores({ CONTEXT_EXACT_SEARCH_ROWS: '1000' });
  embedder = new TopicEmbedder(64, 1.2);
  memory = await memoryOn(clients, embedder);
  workspace = await newWorkspace(clients);
  space = await memory.part(EmbeddingSpaces).active();
  const texts = Array.from({ length: rows }, (_, i) => `t${i % topics} item ${i}`);
  const vectors = await embedder.embed(texts, 'query');
  const items = texts.map((content, i) => ({
    id: newId(),
    content,
    rare: i % 100 === 0,
    vector: JSON.stringify([...(vectors[i] ?? [])]),
  }));
  await sql(
    `INSERT INTO context_items (id, workspace_id, kind, content, content_hash, tokens, status, metadata, embedding, embedding_space_id)
     SELECT id, $1, 'note', content, id::text, 3, 'embedded', jsonb_build_object('rare', rare), vector::vector, $2
     FROM jsonb_to_recordset($3::jsonb) AS item (id uuid, content text, rare boolean, vector text)`,
    [workspace, space.id, JSON.stringify(items)],
  );
});
afterAll(async () => {
  await sql(`DELETE FROM context_items WHERE workspace_id = $1`, [workspace]);
  await clients.close();
});

const sql = (text: string, parameters: unknown[] = []) =>
  clients.database.asSystem((scope) => scope.query(text, parameters));

/** The ten nearest items by the dense leg alone, and how PostgreSQL looked for them. */
async function nearest(query: string, approximate: boolean): Promise<{ ids: string[]; plan: string }> {
  const [vector = new Float32Array()] = await embedder.embed([query], 'query');
  return clients.database.inWorkspace(workspace, async (scope) => {
    const asked = vi.spyOn(scope, 'query');
    const question = { vector, space };
    const hits = await new CandidatesRepository().find(scope, {
      words: noWords,
      question,
      approximate,
      perLeg,
    });
    const [statement = '', parameters] = asked.mock.lastCall ?? [];
    const plan = await scope.query<Record<string, string>>(`EXPLAIN ${statement}`, parameters);
    const best = hits.toSorted((a, b) => (b.dense ?? -1) - (a.dense ?? -1)).slice(0, 10);
    return { ids: best.map(({ rowId }) => rowId), plan: plan.flatMap(Object.values).join('\n') };
  });
}

/** Puts all vectors of the space beside their rows, as those of a space are that the installation did not begin with. */
async function moveBeside(): Promise<void> {
  await sql(
    `INSERT INTO context_vectors (item_id, space_id, workspace_id, embedding)
     SELECT id, embedding_space_id, workspace_id, embedding FROM context_items WHERE workspace_id = $1`,
    [workspace],
  );
  await sql(`UPDATE context_items SET embedding = NULL, embedding_space_id = NULL WHERE workspace_id = $1`, [
    workspace,
  ]);
}

describe.each<VectorTable>([...vectorTables])('the index of %s', (table) => {
  beforeAll(async () => {
    if (table === 'context_vectors') await moveBeside();
    expect(await memory.part(VectorIndexRepository).create(table, space)).toBe(true);
  });

  it('finds what an exact search finds: recall@10 of at least 0.98', async () => {
    let found = 0;
    for (const query of questions) {
      const [exact, approximate] = [await nearest(query, false), await nearest(query, true)];
      expect(exact.plan).not.toContain('hnsw');
      expect(approximate.plan).toContain(`${table}_hnsw_space_${space.id}`);
      found += exact.ids.filter((id) => approximate.ids.includes(id)).length;
    }
    expect(found / (questions.length * 10)).toBeGreaterThanOrEqual(0.98);
  });

  it('finds as many as were asked for behind a filter that keeps one in a hundred', async () => {
    const fresh = await memoryOn(clients, embedder);
    for (const query of questions.slice(0, 10)) {
      const { items, explanation } = await fresh.recall.recall(workspace, {
        query,
        topK: 10,
        filter: { rare: true },
      });
      expect(explanation.search).toBe('hnsw');
      expect(items).toHaveLength(10);
      expect(items.every(({ metadata }) => metadata['rare'] === true)).toBe(true);
    }
  });
});
