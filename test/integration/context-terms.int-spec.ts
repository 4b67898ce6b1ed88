import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TermCountRepository } from '../../libs/context-memory/src/indexing/term-count.repository.js';
import { TermRepository } from '../../libs/context-memory/src/recall/term.repository.js';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;

beforeAll(async () => {
  clients = await connectStores();
  memory = await memoryOn(clients, new WordEmbedder());
});
afterAll(() => clients.close());

const system = <Row>(sql: string, values: unknown[]) =>
  clients.database.asSystem((scope) => scope.query<Row>(sql, values));

/** Postings and counts as they stand, beside those that the items would have if they were written down now. */
async function written(workspace: string) {
  const postings = `SELECT term, item_id, frequency, length FROM context_terms WHERE workspace_id = $1 ORDER BY 1, 2`;
  const counts = `
    SELECT term, sum(items)::integer AS items, sum(frequency)::integer AS frequency FROM (
      SELECT * FROM context_term_counts UNION ALL SELECT * FROM context_term_changes
    ) AS counted WHERE workspace_id = $1 GROUP BY term HAVING sum(items) <> 0 OR sum(frequency) <> 0 ORDER BY 1`;
  const anew = `
    SELECT term COLLATE "C" AS term, item.id AS item_id, frequency, length
    FROM context_items AS item, context_item_terms(lexemes) WHERE workspace_id = $1`;
  return {
    stored: { postings: await system(postings, [workspace]), counts: await system(counts, [workspace]) },
    wanted: {
      postings: await system(`${anew} ORDER BY 1, 2`, [workspace]),
      counts: await system(
        `SELECT term, count(*)::integer AS items, sum(frequency)::integer AS frequency
         FROM (${anew}) AS posting GROUP BY term ORDER BY 1`,
        [workspace],
      ),
    },
  };
}

const anyText = fc
  .array(fc.constantFrom('running', 'ran', 'the', 'Lisbon', 'ERR-4512', 'über', "isn't", 'code', '日本語'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((words) => words.join(' '));
const anyChange = fc.oneof(
  fc.record({ kind: fc.constant('post'), texts: fc.array(anyText, { minLength: 1, maxLength: 4 }) }),
  fc.record({ kind: fc.constant('document'), text: anyText, times: fc.integer({ min: 1, max: 120 }) }),
  fc.record({ kind: fc.constant('rewrite'), item: fc.nat(), text: anyText }),
  fc.record({ kind: fc.constant('retitle'), item: fc.nat(), title: fc.option(anyText) }),
  fc.record({ kind: fc.constant('delete'), item: fc.nat() }),
  fc.record({ kind: fc.constant('expire'), item: fc.nat() }),
  fc.record({ kind: fc.constant('work') }),
  fc.record({ kind: fc.constant('sweep') }),
);

/** Does one of the things that change items; @param ids of those that are there */
async function change(
  workspace: string,
  ids: string[],
  step: typeof anyChange extends fc.Arbitrary<infer T> ? T : never,
) {
  const id = 'item' in step ? ids[step.item % Math.max(1, ids.length)] : undefined;
  const post = async (items: ReturnType<typeof note>[]) => {
    const { items: stored } = await memory.ingest.ingest(workspace, items);
    for (const item of stored) if (!ids.includes(item.id)) ids.push(item.id);
  };
  if ('texts' in step) await post(step.texts.map((text) => note(text)));
  else if ('times' in step) await post([note(`${step.text}. `.repeat(step.times), { asDocument: true })]);
  else if (step.kind === 'work') await memory.work();
  else if (step.kind === 'sweep') await memory.sweep.sweep();
  else if (id === undefined) return;
  else if ('text' in step)
    await memory.items.update(workspace, id, { content: step.text }).catch(ignoreTaken);
  else if ('title' in step) await memory.items.update(workspace, id, { title: step.title });
  else {
    ids.splice(ids.indexOf(id), 1);
    if (step.kind === 'delete') await memory.items.delete(workspace, id);
    else await system(`UPDATE context_items SET expires_at = now() WHERE id = $1 OR document_id = $1`, [id]);
  }
}

/** Two items must not become the same text: refused, and then nothing may have changed. */
function ignoreTaken(error: unknown): void {
  expect(error).toMatchObject({ httpStatus: 409 });
}

describe('the table of terms', () => {
  it('is what the items say, after any inserts, updates, deletions and expiries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyChange, { minLength: 3, maxLength: 12 }), async (steps) => {
        const workspace = await newWorkspace(clients);
        const ids: string[] = [];
        for (const step of steps) await change(workspace, ids, step);
        const { stored, wanted } = await written(workspace);
        expect(stored).toEqual(wanted);
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it('says the same before and after its changes are added up, and forgets terms that nobody has', async () => {
    const workspace = await newWorkspace(clients);
    const { items } = await memory.ingest.ingest(workspace, [note('a zebra crossing'), note('a zebra')]);
    const count = () =>
      clients.database.inWorkspace(workspace, (scope) =>
        new TermRepository().count(scope, 'zebra crossings'),
      );
    const before = await count();
    expect(before).toEqual({
      corpus: { items: 2, length: 3 },
      terms: expect.arrayContaining([
        expect.objectContaining({ term: 'zebra', exact: false, items: 2 }),
        expect.objectContaining({ term: 'cross', exact: false, items: 1 }),
        expect.objectContaining({ term: 'crossings', exact: true, items: 0 }),
      ]),
    });
    const compact = () =>
      clients.database.asSystem((scope) => new TermCountRepository().compact(scope, 1_000_000));
    expect(await compact()).toBeGreaterThan(0);
    expect(await count()).toEqual(before);
    for (const { id } of items) await memory.items.delete(workspace, id);
    await compact();
    expect((await count()).corpus).toEqual({ items: 0, length: 0 });
    for (const table of ['context_terms', 'context_term_counts', 'context_term_changes']) {
      expect(await system(`SELECT * FROM ${table} WHERE workspace_id = $1`, [workspace])).toEqual([]);
    }
  });

  it('goes with its workspace', async () => {
    const workspace = await newWorkspace(clients);
    await memory.ingest.ingest(workspace, [note('a zebra crossing. '.repeat(100), { asDocument: true })]);
    await system(`DELETE FROM workspaces WHERE id = $1`, [workspace]);
    await clients.database.asSystem((scope) => new TermCountRepository().compact(scope, 1_000_000));
    const { stored } = await written(workspace);
    expect(stored).toEqual({ postings: [], counts: [] });
  });

  it('counts no other workspace’s items', async () => {
    const [ours, theirs] = [await newWorkspace(clients), await newWorkspace(clients)];
    await memory.ingest.ingest(ours, [note('the zebra'), note('a zebra, too')]);
    await memory.ingest.ingest(theirs, [note('no such animal')]);
    const counted = await clients.database.inWorkspace(theirs, (scope) =>
      new TermRepository().count(scope, 'zebra animal'),
    );
    expect(counted.corpus).toEqual({ items: 1, length: 1 });
    expect(counted.terms.map(({ term, items }) => `${term} ${items}`).toSorted()).toEqual([
      'anim 1',
      'animal 1',
      'zebra 0',
    ]);
  });

  it('is written by concurrent posts without their waiting for each other’s words', async () => {
    const workspace = await newWorkspace(clients);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        memory.ingest.ingest(workspace, [note(`common words, number ${i}`)]),
      ),
    );
    const { stored, wanted } = await written(workspace);
    expect(stored).toEqual(wanted);
  });
});

describe('recall by words', () => {
  it('finds a name, a code and another form of a word, and prefers the form that was asked for', async () => {
    const workspace = await newWorkspace(clients);
    const embedder = new WordEmbedder();
    embedder.down = true;
    const byWords = await memoryOn(clients, embedder);
    const { items } = await byWords.ingest.ingest(workspace, [
      note('Error ERR-4512 came up again'),
      note('Mrs Jones signs the lease'),
      note('He runs along the river'),
      note('Running along the river'),
      note('Nothing of the kind'),
    ]);
    const found = async (query: string) =>
      (await byWords.recall.recall(workspace, { query })).items.map(({ id }) =>
        items.findIndex((i) => i.id === id),
      );
    expect(await found('what is err-4512?')).toEqual([0]);
    expect(await found('who is Jones')).toEqual([1]);
    expect(await found('runs')).toEqual([2, 3]);
    expect(await found('running')).toEqual([3, 2]);
    expect(await found('xylophone')).toEqual([]);
    expect(await found('the of and')).toEqual([]);
  });

  it('finds an answer by the words of its question', async () => {
    const workspace = await newWorkspace(clients);
    const embedder = new WordEmbedder();
    embedder.down = true;
    const byWords = await memoryOn(clients, embedder);
    const turns = ['Where did you buy the zebra?', 'In Lisbon.', 'Something else entirely.'];
    await byWords.ingest.ingest(
      workspace,
      turns.map((text) => note(text, { session: 's' })),
    );
    const { explanation } = await byWords.recall.recall(workspace, { query: 'zebra' });
    const [first, second] = explanation.candidates;
    expect(first?.scores).toMatchObject({ words: 1, lexical: 1 });
    expect(second?.scores.words).toBe(0);
    expect(second?.scores.lexical).toBeGreaterThan(0);
  });
});
