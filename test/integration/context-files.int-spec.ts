import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostedFile } from '#context-memory';
import { FileRepository } from '../../libs/context-memory/src/files/file.repository.js';
import { pdfOf } from '../fixture-files/pdf.js';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
let embedder: WordEmbedder;
let workspace: string;

beforeAll(async () => {
  clients = await connectStores({ CONTEXT_FILE_MAX_PAGES: '3' });
});
afterAll(() => clients.close());
beforeEach(async () => {
  embedder = new WordEmbedder();
  memory = await memoryOn(clients, embedder);
  workspace = await newWorkspace(clients);
});

const file = (filename: string, text: string | Buffer, more: Partial<PostedFile> = {}): PostedFile => ({
  filename,
  mediaType: undefined,
  bytes: Buffer.from(text),
  kind: 'document',
  ...more,
});
const accept = (posted: PostedFile) => memory.files.accept(workspace, posted);
const work = async () => {
  await memory.work();
  await memory.work();
};
const rows = (table: string) =>
  clients.database.asSystem((scope) =>
    scope.query(`SELECT * FROM ${table} WHERE workspace_id = $1`, [workspace]),
  );
/** All that is stored of the workspace, as one text. */
const everything = async () =>
  JSON.stringify(
    await Promise.all(['context_items', 'context_documents', 'context_jobs', 'context_files'].map(rows)),
  );

describe('an uploaded file', () => {
  it('becomes a document whose parts know their pages, and its bytes go', async () => {
    const pages = ['Chapter one is about hinges.', 'Chapter two is about locks.'];
    const { job, items } = await accept(
      file('manual.pdf', pdfOf(pages, 'The manual'), { externalId: 'manual', metadata: { team: 'doors' } }),
    );
    expect(items).toEqual([]);
    expect(job).toMatchObject({
      status: 'pending',
      total: 1,
      pending: 1,
      file: { status: 'pending', itemIds: [] },
    });
    expect(await rows('context_files')).toHaveLength(1);
    await work();
    const done = await memory.jobs.get(workspace, job.id);
    expect(done).toMatchObject({ status: 'completed', embedded: 1, file: { status: 'parsed' } });
    const [id = ''] = done.file?.itemIds ?? [];
    expect(await memory.items.get(workspace, id)).toMatchObject({
      title: 'The manual',
      externalId: 'manual',
      kind: 'document',
      metadata: { team: 'doors', filename: 'manual.pdf' },
      content: pages.join('\n\f\n'),
      status: 'embedded',
    });
    const { items: found, context } = await memory.recall.recall(workspace, { query: 'locks' });
    expect(found[0]).toMatchObject({ id, part: { position: 1, of: 2, page: 2 } });
    expect(context.text).toContain('part 2 of 2, page 2');
    expect(await rows('context_files')).toEqual([]);
  });

  it('is never said to be deleted because it was read while one looked at its job', async () => {
    const { job } = await accept(file('note.md', 'Hinges.'));
    const record = {
      id: job.id,
      itemIds: [],
      fileId: job.file?.id ?? null,
      redacted: {},
      requestHash: '',
      createdAt: job.createdAt,
    };
    await work();
    const { job: seen, progress } = await clients.database.inWorkspace(workspace, (scope) =>
      memory.jobs.report(scope, record),
    );
    expect(seen).toMatchObject({ status: 'completed', file: { status: 'parsed' } });
    expect([...progress.keys()]).toEqual(seen.file?.itemIds);
  });

  it('keeps its pages and its form through an export and an import', async () => {
    await accept(file('src/door.ts', 'export class Door {\n  open() {}\n}\n'));
    await accept(file('manual.pdf', pdfOf(['hinges', 'locks'])));
    await work();
    const elsewhere = await newWorkspace(clients);
    for await (const page of memory.exports.pages(workspace, {})) {
      const items = page.map((item) => ({
        path: '',
        content: item.content,
        kind: item.kind,
        format: item.format ?? 'text',
        asDocument: true,
      }));
      await memory.imports.import(elsewhere, { items, workingSets: [] });
    }
    const parts = (of: string) =>
      clients.database.inWorkspace(of, (scope) =>
        scope.query(
          `SELECT content, heading, page, (SELECT format FROM context_documents d WHERE d.id = document_id) AS format
           FROM context_items ORDER BY content`,
        ),
      );
    const before = await parts(workspace);
    expect(before).toMatchObject([
      { format: 'code' },
      { content: 'hinges', page: 1 },
      { content: 'locks', page: 2 },
    ]);
    expect(await parts(elsewhere)).toEqual(before);
  });

  it('is code by its extension, named by its path and language', async () => {
    const { job } = await accept(file('src/door.ts', 'export class Door {}\n'));
    await work();
    const [id = ''] = (await memory.jobs.get(workspace, job.id)).file?.itemIds ?? [];
    expect(await memory.items.get(workspace, id)).toMatchObject({ title: 'src/door.ts (TypeScript)' });
  });

  it('that cannot be read leaves its job failed with a reason that names it, and can be tried again', async () => {
    const { job } = await accept(file('scan.pdf', pdfOf(['', ''])));
    await work();
    expect(await memory.jobs.get(workspace, job.id)).toMatchObject({
      status: 'failed',
      failed: 1,
      errors: [{ id: job.file?.id, error: expect.stringMatching(/^scan\.pdf: it holds no text/) as string }],
      file: { status: 'failed' },
    });
    // Whoever repairs what failed (here: the file itself) asks for another try.
    await clients.database.asSystem((scope) =>
      scope.query(`UPDATE context_files SET bytes = $2 WHERE workspace_id = $1`, [
        workspace,
        pdfOf(['readable now']),
      ]),
    );
    expect(await memory.jobs.retry(workspace, job.id)).toMatchObject({ status: 'pending' });
    await work();
    expect(await memory.jobs.get(workspace, job.id)).toMatchObject({ status: 'completed' });
  });

  it('embeds again only what has changed since it was uploaded before', async () => {
    const page = (word: string) => Array.from({ length: 30 }, (_, i) => `${word}${i}`).join(' ');
    const upload = (words: string[]) =>
      accept(file('book.pdf', pdfOf(words.map(page)), { externalId: 'book' }));
    await upload(['alpha', 'beta', 'gamma']);
    await work();
    expect(embedder.embedded.splice(0)).toHaveLength(3);
    const { job } = await upload(['alpha', 'delta', 'gamma']);
    await work();
    expect(embedder.embedded).toEqual([expect.stringContaining('delta0')]);
    expect(await memory.jobs.get(workspace, job.id)).toMatchObject({ status: 'completed' });
    expect((await memory.items.list(workspace, { limit: 9 })).data).toHaveLength(1);
  });

  it('does not come in behind a later one, nor behind a later text', async () => {
    const upload = (text: string) => accept(file('page.txt', text, { externalId: 'page' }));
    const first = await upload('the first');
    await upload('the second');
    await work();
    expect(await memory.jobs.get(workspace, first.job.id)).toMatchObject({
      status: 'completed',
      file: { status: 'deleted' },
    });
    await upload('the third');
    await memory.ingest.ingest(workspace, [note('the fourth', { externalId: 'page' })]);
    await work();
    expect((await memory.items.list(workspace, { limit: 9 })).data).toMatchObject([
      { content: 'the fourth' },
    ]);
  });

  it('stays where it was when a worker dies over it, however often, and is stored once', async () => {
    const { job } = await accept(file('page.txt', 'a patient text'));
    memory.queuedFiles.splice(0);
    const files = memory.part(FileRepository);
    const fileId = job.file?.id ?? '';
    for (let death = 0; death < 6; death++) {
      const claim = () => clients.database.inWorkspace(workspace, (scope) => files.claim(scope, fileId, 60));
      expect(await claim()).toBeDefined();
      expect(await claim()).toBeUndefined();
      await clients.database.asSystem((scope) =>
        scope.query(`UPDATE context_files SET claimed_at = now() - interval '2 minutes'`),
      );
    }
    await memory.sweep.sweep(0);
    expect(memory.queuedFiles).toContainEqual({ workspace_id: workspace, file_id: fileId });
    const others = [memory, await memoryOn(clients, embedder)];
    await Promise.all(others.map(({ parse }) => parse.parse(workspace, fileId)));
    expect((await memory.items.list(workspace, { limit: 9 })).data).toHaveLength(1);
  });

  it('is forgotten before it is read: counted, gone, and stored by no worker that has it', async () => {
    const { job } = await accept(
      file('letter.txt', 'Dear QUOKKA', { session: 's', metadata: { customer: 7 } }),
    );
    await accept(file('other.txt', 'another'));
    const fileId = job.file?.id ?? '';
    const claimed = await clients.database.inWorkspace(workspace, (scope) =>
      memory.part(FileRepository).claim(scope, fileId, 60),
    );
    const forgetter = { workspaceId: workspace, keyId: 'key' };
    const request = { filter: { customer: 7 }, session: 's' };
    expect(await memory.forget.preview(workspace, request)).toMatchObject({ counts: { contextFiles: 1 } });
    expect(await memory.forget.forget(forgetter, request)).toMatchObject({
      counts: { items: 0, contextFiles: 1 },
    });
    const stored = await clients.database.inWorkspace(workspace, (scope) =>
      memory.part(FileRepository).finish(scope, { id: fileId, claimId: claimed?.claimId ?? '' }),
    );
    expect(stored).toBe(false);
    expect(await everything()).not.toContain('QUOKKA');
    expect(await rows('context_files')).toHaveLength(1);
  });

  it.each<[string, Partial<PostedFile>, number, string]>([
    ['an unknown kind', { filename: 'a.exe' }, 415, 'file.media_type'],
    ['no bytes', { bytes: Buffer.alloc(0) }, 400, 'file'],
    ['a name that cannot be stored', { filename: 'a\0.txt' }, 400, 'file.filename'],
    ['metadata that cannot be stored', { metadata: { a: '\0' } }, 400, 'metadata.a'],
  ])('is refused for %s', async (_what, more, httpStatus, param) => {
    await expect(accept(file('a.txt', 'x', more))).rejects.toMatchObject({ httpStatus, param });
    expect(await rows('context_files')).toEqual([]);
  });
});

describe('what a workspace must not store', () => {
  const secrets = ['bob@example.com', '4111 1111 1111 1111', '+49 30 901820'];

  it('is in no table, whichever way it comes, and is counted', async () => {
    await memory.redaction.replace(workspace, ['email', 'card']);
    const { job } = await memory.ingest.ingest(
      workspace,
      [
        note(`Write to ${secrets[0]}, pay with ${secrets[1]}, call ${secrets[2]}`, {
          title: `About ${secrets[0]}`,
          metadata: { by: [`mailto:${secrets[0]}`] },
        }),
      ],
      { redact: ['phone'], idempotencyKey: 'k' },
    );
    expect(job.redacted).toEqual({ email: 3, card: 1, phone: 1 });
    const again = await memory.ingest.ingest(workspace, [note('Reply to bob@example.com')]);
    const [id = ''] = again.items.map((item) => item.id);
    await memory.items.update(workspace, id, { content: 'Reply to bob@example.com soon' });
    await memory.ingest.remember({
      workspaceId: workspace,
      session: 's',
      turns: [{ role: 'user', content: 'I am bob@example.com' }],
    });
    const upload = await accept(file('bob@example.com.txt', 'From: bob@example.com'));
    await work();
    // In its name, then in its text.
    expect(upload.job.redacted).toEqual({ email: 1 });
    expect((await memory.jobs.get(workspace, upload.job.id)).redacted).toEqual({ email: 2 });
    const imported = await memory.imports.import(workspace, {
      items: [note('imported from bob@example.com')],
      workingSets: [],
    });
    expect(imported.job.redacted).toEqual({ email: 1 });
    const seen = await everything();
    for (const secret of secrets) expect(seen).not.toContain(secret);
    for (const mark of ['[EMAIL]', '[CARD]', '[PHONE]']) expect(seen).toContain(mark);
    expect(embedder.embedded.join()).not.toMatch(/bob@/);
  });

  it('is nothing unless an operator or the request says so', async () => {
    const { job } = await memory.ingest.ingest(workspace, [note('Write to bob@example.com')]);
    expect(job.redacted).toEqual({});
    expect(await everything()).toContain('bob@example.com');
  });
});
