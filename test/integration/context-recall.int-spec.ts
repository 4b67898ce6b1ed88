import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countTokens } from '#common';
import { VectorIndexService } from '../../libs/context-memory/src/indexing/vector-index.service.js';
import { askedWords } from '../../libs/context-memory/src/recall/asked-terms.js';
import {
  CandidatesRepository,
  type QuestionVector,
} from '../../libs/context-memory/src/recall/candidates.repository.js';
import { TermRepository } from '../../libs/context-memory/src/recall/term.repository.js';
import { EmbeddingSpaces } from '../../libs/context-memory/src/spaces/embedding-spaces.js';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
let embedder: WordEmbedder;
let workspace: string;

beforeAll(async () => {
  clients = await connectStores({ CONTEXT_EXACT_SEARCH_ROWS: '300' });
});
afterAll(() => clients.close());
beforeEach(async () => {
  embedder = new WordEmbedder();
  memory = await memoryOn(clients, embedder);
  workspace = await newWorkspace(clients);
});

async function store(...items: ReturnType<typeof note>[]): Promise<string[]> {
  const result = await memory.ingest.ingest(workspace, items);
  await memory.work();
  return result.items.map(({ id }) => id);
}
const recall = (request: Parameters<Memory['recall']['recall']>[1]) =>
  memory.recall.recall(workspace, request);

const sorted = (...ids: (string | undefined)[]) => ids.map(String).toSorted();

describe('recall', () => {
  it('never packs more than the budget, whatever it is', async () => {
    const words = 'alpha beta 日本語 gamma 😀 delta';
    await store(
      ...Array.from({ length: 40 }, (_, i) => note(`${words.repeat((i % 7) + 1)} ${i}`, { title: `T${i}` })),
    );
    for (let budget = 0; budget < 700; budget += 23) {
      const { context, packed } = await recall({ query: 'alpha gamma', topK: 40, tokenBudget: budget });
      expect(context.tokens).toBeLessThanOrEqual(budget);
      expect(countTokens(context.text)).toBe(context.tokens);
      expect(context.citations).toHaveLength(packed.length);
      expect(context.text === '').toBe(packed.length === 0);
    }
  });

  it('gives the same bytes for the same memory', async () => {
    await store(note('alpha one'), note('alpha two'), note('alpha three'));
    const [a, b] = await Promise.all([recall({ query: 'alpha' }), recall({ query: 'alpha' })]);
    expect(a.context.text).toBe(b.context.text);
  });

  it('goes on by words when the embedder is away, and says so', async () => {
    const [id] = await store(note('the zebra crossing'), note('an unrelated line'));
    embedder.down = true;
    const result = await recall({ query: 'zebra' });
    expect(result).toMatchObject({ degraded: ['dense'], items: [{ id, scores: { dense: 0 } }] });
    expect(result.items).toHaveLength(1);
  });

  it('asks for any of the words, not for all, and takes quotes and operators for text', async () => {
    const [id] = await store(note("Caroline's flight to Lisbon isn't late"));
    embedder.down = true;
    for (const query of [
      'When does the flight of my aunt leave?',
      "isn't & late | !(",
      '\\ \' "lisbon" :*',
      'LISBON',
    ]) {
      expect((await recall({ query })).items[0]?.id).toBe(id);
    }
    for (const query of ['the of and', '???', '😀']) expect((await recall({ query })).items).toEqual([]);
  });

  it('leaves out what the conversation says itself, and equal texts', async () => {
    await store(
      note('I like dark mode', { session: 'a' }),
      note('I  like dark mode', { session: 'b' }),
      note('I like light mode'),
    );
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'I like light mode' }] }];
    const { items, explanation } = await recall({ messages });
    expect(items.map(({ content }) => content.replace(/\s+/g, ' '))).toEqual(['I like dark mode']);
    expect(explanation.candidates.map(({ reason }) => reason).toSorted()).toEqual([
      'fits',
      'in_conversation',
      'same_text',
    ]);
    expect(await recall({ messages: [{ role: 'system', content: 'x' }] })).toMatchObject({
      items: [],
      context: { text: '' },
    });
  });

  it('keeps to the session, the filter and the expiry', async () => {
    const expiresAt = new Date(Date.now() + 60_000);
    const [a, b, c] = await store(
      note('alpha one', { session: 's' }),
      note('alpha two', { metadata: { n: 2 } }),
      note('alpha three', { expiresAt }),
    );
    const found = async (more: object) =>
      (await recall({ query: 'alpha', ...more })).items.map(({ id }) => id).toSorted();
    expect(await found({})).toEqual(sorted(a, b, c));
    expect(await found({ session: 's' })).toEqual([a]);
    expect(await found({ filter: { n: { gte: 2 } } })).toEqual([b]);
    expect(await found({ filter: { not: { n: 2 } }, topK: 1 })).toHaveLength(1);
    await clients.database.asSystem((scope) =>
      scope.query(`UPDATE context_items SET expires_at = now() WHERE id = $1`, [c]),
    );
    expect(await found({})).toEqual(sorted(a, b));
  });

  it('lifts what stands beside a hit in its session', async () => {
    const filler = Array.from({ length: 30 }, (_, i) => note(`filler ${i} lorem`, { session: 's' }));
    filler.splice(15, 0, note('Which zebra?', { session: 's' }), note('Tuesday, at noon.', { session: 's' }));
    await store(...filler);
    const { items } = await recall({ query: 'zebra' });
    expect(items.slice(0, 3).map(({ content }) => content)).toContain('Tuesday, at noon.');
  });

  it('brings the same rows and says the same of them, whether it measures all rows or looks some up', async () => {
    const turns = Array.from({ length: 12 }, (_, i) => note(`turn ${i}`, { session: i < 6 ? 'one' : 'two' }));
    turns[3] = note('zebra', { session: 'one' });
    turns[11] = note('zebra crossing', { session: 'two' });
    const part = (i: number) => `${i === 4 ? 'zebra crossing ahead ' : ''}${`filler${i} `.repeat(300)}\n\n`;
    const document = Array.from({ length: 9 }, (_, i) => part(i)).join('');
    await store(...turns, note(document, { asDocument: true }), note('zebra zebra crossing'), note('alone'));
    const space = await memory.part(EmbeddingSpaces).active();
    const [vector = []] = await embedder.embed(['zebra'], 'query');
    const find = (approximate: boolean, perLeg: number, question?: QuestionVector) =>
      clients.database.inWorkspace(workspace, async (scope) => {
        const { terms, corpus } = await new TermRepository().count(scope, 'zebra crossing ahead');
        const words = askedWords(terms, corpus, 1);
        const hits = await new CandidatesRepository().find(scope, { words, question, approximate, perLeg });
        return hits.toSorted((a, b) => (a.rowId < b.rowId ? -1 : 1));
      });
    const measured = await find(false, 3, { vector, space });
    expect(measured.length).toBeGreaterThan(5);
    expect(await find(true, 3, { vector, space })).toEqual(measured);
    // By words alone the same hits, and the rows beside them: two in a document, one or two in a session.
    const byWords = await find(true, 4);
    expect(byWords.filter(({ documentId }) => documentId !== null)).toHaveLength(3);
    expect(byWords.filter(({ session }) => session === 'one')).toHaveLength(3);
    expect(byWords.filter(({ session }) => session === 'two')).toHaveLength(2);
    expect(byWords).toHaveLength(9);
  });

  it('explains every candidate', async () => {
    const [, , beta] = await store(note('alpha one'), note('alpha two words more'), note('beta'));
    const { explanation, items } = await recall({ query: 'alpha', topK: 1, tokenBudget: 1_000 });
    expect(items).toHaveLength(1);
    expect(explanation.search).toBe('exact');
    expect(explanation.candidates).toHaveLength(3);
    expect(explanation.candidates[0]).toMatchObject({
      decision: 'packed',
      reason: 'fits',
      ranks: { final: 1, lexical: 1 },
    });
    expect(explanation.candidates.find(({ id }) => id === beta)).toMatchObject({
      decision: 'dropped',
      reason: 'below_top_k',
      ranks: { lexical: null },
    });
  });

  it('refuses what it cannot understand, naming the field', async () => {
    const bad: [object, string][] = [
      [{}, 'query'],
      [{ query: 'x', messages: [] }, 'messages'],
      [{ query: 'a\0' }, 'query'],
      [{ query: 'x', filter: { a: { like: 1 } } }, 'filter.a.like'],
      [{ query: 'x', filter: { created_at: { gt: '2026-02-31T99:00:00Z' } } }, 'filter.created_at.gt'],
      [{ query: 'x', session: '\ud800' }, 'session'],
    ];
    for (const [request, param] of bad)
      await expect(recall(request)).rejects.toMatchObject({ httpStatus: 400, param });
  });

  it('finds as many behind the approximate index as there are, whatever the filter', async () => {
    const item = (i: number) => note(`number ${i} of many`, { metadata: { rare: i % 50 === 0 } });
    for (let from = 0; from < 500; from += 100)
      await store(...Array.from({ length: 100 }, (_, i) => item(from + i)));
    const exact = await recall({ query: 'number 123', topK: 20 });
    expect(exact.explanation.search).toBe('exact');
    await memory.part(VectorIndexService).ensure();
    const again = await memoryOn(clients, embedder);
    const approximate = await again.recall.recall(workspace, { query: 'number 123', topK: 20 });
    expect(approximate.explanation.search).toBe('hnsw');
    expect(approximate.items[0]?.content).toBe('number 123 of many');
    const rare = await again.recall.recall(workspace, {
      query: 'number 123',
      topK: 10,
      filter: { rare: true },
    });
    expect(rare.items).toHaveLength(10);
  });
});
