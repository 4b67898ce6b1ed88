import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewItem } from '#context-memory';
import { toImportedItems } from '../../apps/gateway/src/context-memory/import-lines.js';
import { type ItemLineDto, toItemLine } from '../../apps/gateway/src/context-memory/item-line.dto.js';
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

async function exported(workspace: string): Promise<ItemLineDto[]> {
  const lines: ItemLineDto[] = [];
  for await (const page of memory.exports.pages(workspace, {})) lines.push(...page.map(toItemLine));
  return lines;
}
const withoutIds = (lines: object[]) => lines.map((line) => ({ ...line, id: undefined }));
const importInto = async (workspace: string, lines: ItemLineDto[]) =>
  memory.imports.import(
    workspace,
    await toImportedItems(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))),
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

describe('export and import', () => {
  it('give another workspace the same lines but for the ids, and nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(posts, { minLength: 1, maxLength: 8 }), async (items) => {
        const [ours, theirs] = await Promise.all([newWorkspace(clients), newWorkspace(clients)]);
        await memory.ingest.ingest(ours, items);
        const lines = await exported(ours);
        const first = await importInto(theirs, lines);
        expect(first).toMatchObject({ imported: lines.length, duplicates: 0, expired: 0 });
        const there = await exported(theirs);
        expect(withoutIds(there)).toEqual(withoutIds(lines));
        const second = await importInto(theirs, lines);
        expect(second).toMatchObject({ imported: 0, duplicates: lines.length });
        expect(await exported(theirs)).toEqual(there);
      }),
      { numRuns: 25 },
    );
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
    const result = await memory.imports.import(workspace, [
      note('changed', { externalId: 'k', title: 'then' }),
      note('over', { expiresAt: new Date(1_000) }),
    ]);
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
