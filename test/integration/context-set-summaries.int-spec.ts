import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#common';
import { type NewWorkingSet, SetSummaryService, type SummaryTask } from '#context-memory';
import { memoryOn, type Memory, newWorkspace, note } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
let summaries: SetSummaryService;
let workspace: string;
let items: string[];
beforeAll(async () => {
  clients = await connectStores();
  memory = await memoryOn(clients);
  summaries = memory.part(SetSummaryService);
});
beforeEach(async () => {
  workspace = await newWorkspace(clients);
  // The first two fit; the others do not.
  items = await store(
    ...[0, 1, 2, 3, 4].map((i) => `Rule ${i}: giraffe ${i} is fed at ${i} in the morning.`),
  );
});
afterAll(() => clients.close());

const sql = <Row>(text: string, parameters: unknown[] = []) =>
  clients.database.asSystem((scope) => scope.query<Row>(text, parameters));
const store = async (...contents: string[]): Promise<string[]> => {
  const posted = await memory.ingest.ingest(
    workspace,
    contents.map((content) => note(content)),
  );
  return posted.items.map(({ id }) => id);
};
const summary = { model: 'fast', maxTokens: 30 };
const create = (set: Partial<NewWorkingSet> = {}) =>
  memory.workingSets.create(workspace, {
    name: 'support',
    session: 's',
    lastTurns: 9,
    tokenBudget: 150,
    pinnedItems: items,
    summary,
    ...set,
  });
const get = () => memory.workingSets.get(workspace, 'support');
const render = async () => memory.workingSets.render(workspace, await get());
const begin = async () => summaries.begin(workspace, (await get()).id);
const wanted = async (): Promise<SummaryTask> => {
  const task = await begin();
  if (!task) throw new Error('There is nothing to be summarised');
  return task;
};
const keep = (task: SummaryTask, text = 'All giraffes are fed.') =>
  summaries.keep(workspace, { task, text, model: 'served', usageEventId: newId() });
const rested = () =>
  sql(
    `UPDATE context_working_sets SET summary_tried_at = now() - interval '61 seconds' WHERE workspace_id = $1`,
    [workspace],
  );
const stored = async () =>
  (
    await sql<{ text: string }>(`SELECT text FROM context_set_summaries WHERE workspace_id = $1`, [workspace])
  ).map(({ text }) => text);
const expire = (id: string) =>
  sql(`UPDATE context_items SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);

describe('a summary', () => {
  it('is made of what has no room, shown at the head of the block, the same bytes each time', async () => {
    await create();
    expect(await render()).toMatchObject({ isSummaryDue: true, isSummaryStale: false });
    const task = await wanted();
    expect(task).toMatchObject({ ...summary, setVersion: 1 });
    expect(task.parts.map(({ id }) => id)).toEqual(items.slice(items.length - task.parts.length));
    expect(await keep(task)).toBe('kept');
    const { block, packed, ...shown } = await render();
    expect(shown).toMatchObject({
      isSummaryDue: false,
      isSummaryStale: false,
      summary: { text: 'All giraffes are fed.', model: 'served', setVersion: 1, madeAt: expect.any(Date) },
    });
    expect(block.text).toMatch(
      /^<recalled_context [^\n]*\nSummary, by a model, [^\n]*\nAll giraffes are fed\.\n\n\[1\]/,
    );
    expect([...packed, ...task.parts].map(({ id }) => id)).toEqual(expect.arrayContaining(items));
    expect((await render()).block).toEqual(block);
  });

  it('is off by default, and nothing where all fits', async () => {
    await create({ summary: undefined });
    expect([(await get()).summary, (await render()).isSummaryDue, await begin()]).toEqual([
      null,
      false,
      undefined,
    ]);
    await memory.workingSets.update(workspace, 'support', { summary, tokenBudget: 1_000 });
    expect([(await render()).isSummaryDue, await begin()]).toEqual([false, undefined]);
  });

  it('is begun by one of many, and by nobody else for a minute', async () => {
    await create();
    const tasks = await Promise.all(Array.from({ length: 20 }, begin));
    expect(tasks.filter((task) => task !== undefined)).toHaveLength(1);
    expect([(await render()).isSummaryDue, await begin()]).toEqual([false, undefined]);
    await rested();
    expect([(await render()).isSummaryDue, (await begin()) !== undefined]).toEqual([true, true]);
    await memory.workingSets.update(workspace, 'support', { summary: { ...summary, model: 'other' } });
    expect((await begin())?.model).toBe('other');
  });

  it('is stale when the set wants something else, and made anew only if that changes what is left out', async () => {
    const [twin = ''] = (
      await memory.ingest.ingest(workspace, [
        note('Rule 0: giraffe 0 is fed at 0 in the morning.', { session: 'elsewhere' }),
      ])
    ).items.map(({ id }) => id);
    await create({ pinnedItems: [...items, twin] });
    await keep(await wanted());
    await rested();
    await expire(twin);
    expect(await render()).toMatchObject({ isSummaryStale: true, isSummaryDue: true });
    expect(await begin()).toBeUndefined();
    expect(await render()).toMatchObject({ isSummaryStale: false, isSummaryDue: false });
    const turn = { kind: 'turn', session: 's' };
    await memory.ingest.ingest(workspace, [note('Is there a ninth giraffe that is fed, too?', turn)]);
    await rested();
    expect(await render()).toMatchObject({
      isSummaryStale: true,
      summary: { text: 'All giraffes are fed.' },
    });
    await keep(await wanted(), 'Another.');
    expect(await render()).toMatchObject({ isSummaryStale: false, summary: { text: 'Another.' } });
  });

  it('is stored without the personal data that the workspace does not store', async () => {
    await memory.redaction.replace(workspace, ['email']);
    await create();
    await keep(await wanted(), '  Ask ann@example.org. ');
    expect(await stored()).toEqual(['Ask [EMAIL].']);
  });

  it('is not stored when it is nothing, or far more than was asked for', async () => {
    await create();
    const task = await wanted();
    expect([await keep(task, ' \n'), await keep(task, 'word '.repeat(90)), await stored()]).toEqual([
      'useless',
      'useless',
      [],
    ]);
  });
});

describe('what was summarised', () => {
  const last = () => items.at(-1) ?? '';
  const unpin = (id: string) =>
    memory.workingSets.update(workspace, 'support', { pinnedItems: items.filter((item) => item !== id) });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['is deleted', (id) => memory.items.delete(workspace, id)],
    ['becomes another text', (id) => memory.items.update(workspace, id, { content: 'Rule 4 is no more.' })],
    ['becomes another title', (id) => memory.items.update(workspace, id, { title: 'A title' })],
    ['has expired and is swept', (id) => expire(id).then(() => memory.sweep.sweep())],
    ['loses its set', () => memory.workingSets.delete(workspace, 'support')],
    ['is pinned no more', (id) => unpin(id)],
    ['is wished no more', () => memory.workingSets.update(workspace, 'support', { summary: null })],
  ])('takes the summary along when it %s', async (_, change) => {
    await create();
    await keep(await wanted());
    await memory.items.update(workspace, last(), { importance: 0.9 });
    await store('Something else.');
    expect(await stored()).toHaveLength(1);
    await change(last());
    expect(await stored()).toEqual([]);
  });

  it('hides it from the moment that it expires', async () => {
    await create();
    await keep(await wanted());
    await expire(last());
    expect([(await render()).summary, await stored()]).toEqual([undefined, ['All giraffes are fed.']]);
  });

  it('is a part of a document: a change elsewhere in it takes the summary along', async () => {
    const text = (ending: string) =>
      `# Guide\n\n${Array.from({ length: 120 }, (__, i) => `The guide says in line ${i} how it is. `).join('')}\n\n# End\n\n${ending}`;
    const post = (ending: string) =>
      memory.ingest.ingest(workspace, [
        note(text(ending), { asDocument: true, format: 'markdown', externalId: 'guide' }),
      ]);
    const [id = ''] = (await post('The first.')).items.map((item) => item.id);
    await create({ pinnedItems: [id], tokenBudget: 600 });
    await keep(await wanted());
    expect(await stored()).toHaveLength(1);
    await post('The second.');
    expect(await stored()).toEqual([]);
  });

  it('is counted by a dry run and by the certificate', async () => {
    const forget = (request: object) => memory.forget.forget({ workspaceId: workspace, keyId: 'k' }, request);
    const [rule = ''] = (
      await memory.ingest.ingest(workspace, [note('Rule 7: none.', { externalId: 'seven' })])
    ).items.map(({ id }) => id);
    await create({ pinnedItems: [...items, rule] });
    await keep(await wanted());
    const preview = await memory.forget.preview(workspace, { externalId: 'seven' });
    expect(preview.counts).toMatchObject({ items: 1, contextSetSummaries: 1, contextWorkingSets: 0 });
    expect((await forget({ externalId: 'seven' })).counts).toEqual(preview.counts);
    expect(await stored()).toEqual([]);
    await rested();
    await keep(await wanted());
    const ofSession = await memory.forget.preview(workspace, { session: 's' });
    expect(ofSession.counts).toMatchObject({ contextSetSummaries: 1, contextWorkingSets: 1 });
    expect((await forget({ session: 's' })).counts).toEqual(ofSession.counts);
    expect(await stored()).toEqual([]);
  });

  it('may change while the model writes: then nothing is stored', async () => {
    await create();
    const task = await wanted();
    await memory.items.update(workspace, last(), { content: 'Rule 4 is another one.' });
    expect(await keep(task)).toBe('outrun');
    await rested();
    const before = await wanted();
    await memory.workingSets.update(workspace, 'support', { pinnedItems: items.toReversed() });
    expect(await keep(before)).toBe('outrun');
    await memory.workingSets.update(workspace, 'support', { summary: { ...summary, maxTokens: 31 } });
    await rested();
    const late = await wanted();
    await memory.workingSets.update(workspace, 'support', { summary: null });
    expect([await keep(late), await stored()]).toEqual(['outrun', []]);
  });

  it('leaves no summary when it goes in the very moment that one is stored', async () => {
    const forget = (id: string) =>
      memory.forget.forget({ workspaceId: workspace, keyId: 'k' }, { externalId: id });
    for (const round of [0, 1, 2, 3]) {
      const external = `round-${round}`;
      const posted = await memory.ingest.ingest(workspace, [
        note(`In round ${round} there is one more.`, { externalId: external }),
      ]);
      const name = external;
      const set = await create({ name, pinnedItems: [...items, ...posted.items.map(({ id }) => id)] });
      const task = await summaries.begin(workspace, set.id);
      if (!task) throw new Error('There is nothing to be summarised');
      // In even rounds there is one already, which both want to change.
      if (round % 2 === 0) await keep(task);
      await Promise.all([keep(task), forget(external)]);
      expect(await stored()).toEqual([]);
    }
  });
});

it('a set takes its wish along when it is exported, and leaves the text', async () => {
  await create();
  await keep(await wanted());
  const lines: unknown[] = [];
  for await (const page of memory.exports.lines(workspace, {})) lines.push(...page);
  expect(lines.at(-1)).toMatchObject({ name: 'support', summary });
  expect(JSON.stringify(lines)).not.toContain('All giraffes');
});
