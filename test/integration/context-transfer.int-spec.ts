import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#common';
import { isExportedSet, type NewItem, type NewWorkingSet } from '#context-memory';
import { toImport } from '../../apps/gateway/src/context-memory/import-lines.js';
import { type ItemLineDto, toItemLine } from '../../apps/gateway/src/context-memory/item-line.dto.js';
import {
  toWorkingSetLine,
  type WorkingSetLineDto,
} from '../../apps/gateway/src/context-memory/working-set-line.dto.js';
import { turnItem } from '../../libs/context-memory/src/ingest/turn-item.js';
import { memoryOn, type Memory, newWorkspace, note } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
beforeAll(async () => {
  clients = await connectStores();
  memory = await memoryOn(clients);
});
afterAll(() => clients.close());

type Line = ItemLineDto | WorkingSetLineDto;

async function exportedLines(workspace: string): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const page of memory.exports.lines(workspace, {})) {
    lines.push(...page.map((line) => (isExportedSet(line) ? toWorkingSetLine(line) : toItemLine(line))));
  }
  return lines;
}
const isItem = (line: Line): line is ItemLineDto => line.object === 'context.item';
const exported = async (workspace: string) => (await exportedLines(workspace)).filter(isItem);
/** Ids of items and of what is pinned; nothing else here has that name. */
const withoutIds = (lines: Line[]): unknown =>
  JSON.parse(JSON.stringify(lines, (name, value: unknown) => (name === 'id' ? undefined : value)));
const importInto = async (workspace: string, lines: object[]) =>
  memory.imports.import(
    workspace,
    await toImport(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))),
  );

const words = fc
  .array(fc.constantFrom('ä', 'cat', '# Title', '\n\n', 'refund', '`x`', '日本', 'e\u0301', 'two words'), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => `w ${parts.join(' ')}`);
const longWords = words.map((text) => Array.from({ length: 40 }, (_, i) => `${text} ${i}.`).join('\n\n'));
const values = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.array(fc.boolean(), { maxLength: 2 }),
  fc.constant({ deep: [null] }),
);
const details = fc.record(
  {
    title: words,
    session: fc.constantFrom('monday', 'tuesday'),
    collection: fc.constantFrom('handbook', 'notes'),
    pinned: fc.boolean(),
    externalId: fc.uuid(),
    metadata: fc.dictionary(fc.constantFrom('team', 'year', 'über', 'a b'), values, { maxKeys: 3 }),
    importance: fc.float({ min: 0, max: 1, noNaN: true }).map((number) => Math.fround(Math.abs(number))),
    expiresAt: fc.date({ min: new Date('2031-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
    createdAt: fc.date({ min: new Date('2001-01-01'), max: new Date('2026-01-01'), noInvalidDate: true }),
  },
  { requiredKeys: [] },
);
const posts: fc.Arbitrary<NewItem> = fc.oneof(
  fc.tuple(words, details).map(([content, more]) => note(content, more)),
  fc
    .tuple(fc.oneof(words, longWords), details, fc.constantFrom('text' as const, 'markdown' as const))
    .map(([content, more, format]) => note(content, { ...more, format, asDocument: true, kind: 'document' })),
  fc.tuple(fc.oneof(words, longWords), fc.constantFrom('Ann', undefined)).map(([content, name]) => {
    const turn = turnItem({ role: 'user', content, name }, '', 'monday');
    if (!turn) throw new Error('A turn of words is an item');
    return turn;
  }),
);

const sets: fc.Arbitrary<(itemIds: string[]) => Omit<NewWorkingSet, 'name'>> = fc
  .record({
    pins: fc.array(fc.nat(), { maxLength: 4 }),
    queries: fc.array(
      fc.record(
        {
          query: words,
          topK: fc.integer({ min: 1, max: 20 }),
          session: fc.constant('monday'),
          filter: fc.constant({ 'metadata.year': { gt: 2_000 } }),
        },
        { requiredKeys: ['query'] },
      ),
      { maxLength: 2 },
    ),
    session: fc.constantFrom('monday', null),
    takesPinned: fc.boolean(),
    tokenBudget: fc.integer({ min: 1, max: 100_000 }),
  })
  .map(({ pins, ...set }) => (itemIds) => {
    const pinned = pins.flatMap((pin) => itemIds[pin % itemIds.length] ?? []);
    return { ...set, pinnedItems: [...new Set(pinned)] };
  });

describe('export and import', () => {
  it('give another workspace the same lines but for the ids, and nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(posts, { minLength: 1, maxLength: 8 }),
        fc.array(sets, { maxLength: 2 }),
        async (items, made) => {
          const [ours, theirs] = await Promise.all([newWorkspace(clients), newWorkspace(clients)]);
          const ingested = await memory.ingest.ingest(ours, items);
          const ids = ingested.items.map(({ id }) => id);
          for (const [i, set] of made.entries()) {
            await memory.workingSets.create(ours, { name: `set-${i}`, ...set(ids) });
          }
          const lines = await exportedLines(ours);
          const counts = { imported: lines.length - made.length, duplicates: 0, expired: 0 };
          const setCounts = { imported: made.length, duplicates: 0 };
          expect(await importInto(theirs, lines)).toMatchObject({ ...counts, workingSets: setCounts });
          const there = await exportedLines(theirs);
          expect(withoutIds(there)).toEqual(withoutIds(lines));
          expect(await importInto(theirs, lines)).toMatchObject({
            imported: 0,
            duplicates: counts.imported,
            workingSets: { imported: 0, duplicates: made.length },
          });
          expect(await exportedLines(theirs)).toEqual(there);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('bring a working set whose items came before, and its queries are asked there', async () => {
    const [ours, theirs] = await Promise.all([newWorkspace(clients), newWorkspace(clients)]);
    const { items } = await memory.ingest.ingest(ours, [
      note('Refunds take thirty days.', { externalId: 'kb/1' }),
      note('The pump is blue.', { session: 's', collection: 'pumps' }),
      note('The pump is red.'),
    ]);
    const pinnedItems = items.map(({ id }) => id);
    await memory.workingSets.create(ours, { name: 'kept', pinnedItems, queries: [{ query: 'refunds' }] });
    await memory.items.delete(ours, pinnedItems[2] ?? '');
    const lines = await exportedLines(ours);
    await importInto(theirs, lines.filter(isItem));
    await importInto(
      theirs,
      lines.filter((line) => !isItem(line)),
    );
    const set = await memory.workingSets.get(theirs, 'kept');
    const texts = await Promise.all(set.pinnedItems.map((id) => memory.items.get(theirs, id)));
    expect(texts.map(({ content }) => content)).toEqual(['Refunds take thirty days.', 'The pump is blue.']);
    expect(set).toMatchObject({ isStale: true, found: [] });
    await memory.refresher.refresh(theirs);
    const refreshed = await memory.workingSets.get(theirs, 'kept');
    expect(refreshed.found).toMatchObject([{ id: set.pinnedItems[0] }]);
  });

  it('leave a working set that is there as it is, and out pins of what has expired', async () => {
    const workspace = await newWorkspace(clients);
    await memory.workingSets.create(workspace, { name: 'mine', tokenBudget: 7 });
    const old = { object: 'context.item', id: newId(), content: 'over', expires_at: '2001-01-01T00:00:00Z' };
    const result = await importInto(workspace, [
      { object: 'context.working_set', name: 'mine', pinned_items: [{ external_id: 'gone' }] },
      {
        object: 'context.working_set',
        name: 'new',
        pinned_items: [{ id: old.id }, { id: newId(), expires_at: old.expires_at }],
      },
      old,
    ]);
    expect(result).toMatchObject({ expired: 1, workingSets: { imported: 1, duplicates: 1 } });
    expect(await memory.workingSets.get(workspace, 'mine')).toMatchObject({ tokenBudget: 7 });
    expect(await memory.workingSets.get(workspace, 'new')).toMatchObject({ pinnedItems: [] });
  });

  it.each<[object, string]>([
    [{ object: 'context.receipt' }, 'line_2.object'],
    [{ object: 'context.working_set' }, 'line_2.name'],
    [{ object: 'context.working_set', name: 'not a name' }, 'line_2.name'],
    [{ object: 'context.working_set', name: 'a', content: 'an item?' }, 'line_2.content'],
    [{ object: 'context.working_set', name: 'a', queries: [{ query: ' ' }] }, 'line_2.queries[0].query'],
    [{ object: 'context.working_set', name: 'a', pinned_items: ['x'] }, 'line_2.pinned_items[0]'],
    [{ object: 'context.working_set', name: 'a', pinned_items: [{}] }, 'line_2.pinned_items[0]'],
    [
      { object: 'context.working_set', name: 'a', pinned_items: [{ external_id: 'here' }, { id: 'x' }] },
      'line_2.pinned_items[1]',
    ],
    [
      {
        object: 'context.working_set',
        name: 'a',
        pinned_items: Array.from({ length: 51 }, () => ({ external_id: 'here' })),
      },
      'line_2.pinned_items',
    ],
  ])('refuse all lines for %j', async (line, param) => {
    const workspace = await newWorkspace(clients);
    await memory.ingest.ingest(workspace, [note('here', { externalId: 'here' })]);
    const lines = [{ content: 'a line before' }, line];
    await expect(importInto(workspace, lines)).rejects.toMatchObject({ httpStatus: 400, param });
    expect(await exportedLines(workspace)).toHaveLength(1);
  });

  it('bring no more working sets than a workspace may have', async () => {
    const workspace = await newWorkspace(clients);
    const named = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({
        object: 'context.working_set',
        name: `set-${from + i}`,
      }));
    await expect(importInto(workspace, named(0, 51))).rejects.toMatchObject({ httpStatus: 409 });
    const all = [...named(0, 50), { object: 'context.working_set', name: 'set-0', token_budget: 1 }];
    const counts = { imported: 50, duplicates: 1 };
    expect(await importInto(workspace, all)).toMatchObject({ workingSets: counts });
    await expect(importInto(workspace, named(49, 51))).rejects.toMatchObject({ httpStatus: 409 });
  });

  it('give out working sets with all there is, not with a selection', async () => {
    const workspace = await newWorkspace(clients);
    await memory.workingSets.create(workspace, { name: 'alone', session: 's' });
    expect(await exportedLines(workspace)).toMatchObject([{ name: 'alone', session: 's', last_turns: 10 }]);
    const selected = memory.exports.lines(workspace, { session: 's' });
    expect(await selected.next()).toMatchObject({ done: true });
  });

  it('split a document into the same parts, and recall finds it there', async () => {
    const [ours, theirs] = await Promise.all([newWorkspace(clients), newWorkspace(clients)]);
    const content = `# Guide\n\n${'Install the pump carefully. '.repeat(60)}\n\n## Refunds\n\nThirty days.`;
    await memory.ingest.ingest(ours, [
      note(content, { kind: 'guide', format: 'markdown', asDocument: true }),
    ]);
    const { job } = await importInto(theirs, await exported(ours));
    await memory.work();
    const parts = (workspace: string) =>
      clients.database.inWorkspace(workspace, (scope) =>
        scope.query(`SELECT position, heading, content, tokens, status FROM context_items ORDER BY position`),
      );
    expect(await parts(theirs)).toEqual(await parts(ours));
    expect(await memory.jobs.get(theirs, job.id)).toMatchObject({ status: 'completed', total: 1 });
    const { items } = await memory.recall.recall(theirs, { query: 'refunds within days' });
    expect(items.map((item) => item.content).join()).toContain('Thirty days.');
  });

  it('bring a deleted turn back to its place between its neighbours', async () => {
    const workspace = await newWorkspace(clients);
    const turns = ['one', 'two', 'three'].map((content) => note(content, { session: 's', kind: 'turn' }));
    const { items } = await memory.ingest.ingest(workspace, turns);
    const lines = await exported(workspace);
    await memory.items.delete(workspace, items[1]?.id ?? '');
    expect(await importInto(workspace, lines)).toMatchObject({ imported: 1, duplicates: 2 });
    const after = (await exported(workspace)).toSorted(
      (a, b) => (a.session_position ?? 0) - (b.session_position ?? 0),
    );
    expect(after.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
  });

  it('leave what is there as it is, and out what has expired', async () => {
    const workspace = await newWorkspace(clients);
    await memory.ingest.ingest(workspace, [note('kept', { externalId: 'k', title: 'now' })]);
    const items = [
      note('changed', { externalId: 'k', title: 'then' }),
      note('over', { expiresAt: new Date(1_000) }),
    ];
    const result = await memory.imports.import(workspace, { items, workingSets: [] });
    expect(result).toMatchObject({ imported: 0, duplicates: 1, expired: 1, job: { total: 1 } });
    expect(await exported(workspace)).toMatchObject([{ content: 'kept', title: 'now', version: 1 }]);
  });

  it('go in pages of a few megabytes that no item falls between', async () => {
    const workspace = await newWorkspace(clients);
    // Twelve megabytes, all of one moment; as whole texts, which are not indexed.
    await clients.database.asSystem(async (scope) => {
      await scope.query(
        `INSERT INTO context_items (id, workspace_id, document_id, kind, content, content_hash, tokens, created_at)
         SELECT id, $1, id, 'note', 'head', id::text, 1, '2026-01-01'
         FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 30)) AS made`,
        [workspace],
      );
      await scope.query(
        `INSERT INTO context_documents (id, workspace_id, content)
         SELECT id, workspace_id, repeat('words ', 67000) FROM context_items WHERE workspace_id = $1`,
        [workspace],
      );
    });
    const pages: string[][] = [];
    for await (const page of memory.exports.pages(workspace, {})) pages.push(page.map(({ id }) => id));
    expect(new Set(pages.flat()).size).toBe(30);
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 10]);
  });
});
