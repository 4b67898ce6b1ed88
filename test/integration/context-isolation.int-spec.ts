import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#common';
import { RecallProbeService } from '#context-memory';
import type { WorkspaceScope } from '#database';
import { UsageEventRepository } from '#usage';
import { SetSummaryRepository } from '../../libs/context-memory/src/working-sets/set-summary.repository.js';
import { reachOf, summaryOf, type Tenancy } from './isolation-probes.js';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { scopedMethods, scopeMakers } from './scoped-methods.js';
import { connectStores, type StoreClients } from './store-clients.js';
import { usageEvent } from './usage-event.factory.js';

const secret = note('The vault code is alpha seven', { session: 's', externalId: 'x', metadata: { a: 1 } });

let clients: StoreClients;
let memory: Memory;
let theirs: string;
let ours: Tenancy;
let tables: string[];

beforeAll(async () => {
  clients = await connectStores();
  const embedder = new WordEmbedder();
  memory = await memoryOn(clients, embedder);
  theirs = await newWorkspace(clients);
  ours = await fill(embedder);
  const isolated = await clients.dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class WHERE relrowsecurity AND NOT relispartition AND relnamespace = 'public'::regnamespace`,
  );
  tables = isolated.map(({ name }) => name).toSorted();
});
afterAll(() => clients.close());

/** A workspace with something in every table that callers fill. */
async function fill(embedder: WordEmbedder): Promise<Tenancy> {
  const workspaceId = await newWorkspace(clients);
  const { items, job } = await memory.ingest.ingest(
    workspaceId,
    [{ ...secret, asDocument: true }, note('A pending one', { session: 's' })],
    { idempotencyKey: 'k' },
  );
  const [itemId = '', pendingId = ''] = items.map(({ id }) => id);
  await memory.embed.embedItems(workspaceId, [itemId]);
  const receiptId = newId();
  const scores = { dense: 1, lexical: 1 };
  await memory.receipts.write({
    id: receiptId,
    workspaceId,
    requestId: 'r',
    query: 'what is the vault code?',
    session: 's',
    tokens: 5,
    items: [{ id: itemId, citation: 1, version: 1, score: 1, scores, tokens: 5 }],
    decisions: { fits: 1 },
    degraded: [],
    attempts: [],
  });
  await clients.database.asSystem((scope) =>
    new UsageEventRepository().insert(scope, [usageEvent({ workspaceId })]),
  );
  const file = { filename: 'x.txt', mediaType: undefined, kind: 'document', externalId: 'x.txt' };
  const posted = await memory.files.accept(workspaceId, { ...file, bytes: Buffer.from('vault, in a file') });
  await memory.redaction.replace(workspaceId, ['email']);
  const erasure = await memory.forget.forget({ workspaceId, keyId: 'key' }, { session: 'nowhere' });
  await memory.part(RecallProbeService).probe(workspaceId);
  const workingSet = await memory.workingSets.create(workspaceId, {
    name: 'vault',
    pinnedItems: [itemId],
    queries: [{ query: 'vault code' }],
    session: 's',
    summary: { model: 'm', maxTokens: 9 },
  });
  await clients.database.inWorkspace(workspaceId, (scope) =>
    new SetSummaryRepository().store(scope, summaryOf(workingSet, itemId)),
  );
  return {
    workspaceId,
    itemId,
    pendingId,
    jobId: job.id,
    receiptId,
    erasureId: erasure.id,
    workingSetId: workingSet.id,
    fileId: posted.job.file?.id ?? '',
    embedder,
    post: secret,
  };
}

/** All our rows, as the owner sees them. */
const ourRows = () =>
  clients.database.asSystem(async (scope) => {
    const rows: Record<string, unknown[]> = {};
    for (const table of tables) {
      const column = table === 'workspaces' ? 'id' : 'workspace_id';
      rows[table] = await scope.query(
        `SELECT to_jsonb(held)::text AS row FROM ${table} AS held WHERE ${column} = $1 ORDER BY 1`,
        [ours.workspaceId],
      );
    }
    return rows;
  });

/** What a method gave, when it gave nothing: no value, none of many, no row, a refusal by the database. */
const isNothing = (seen: unknown): boolean =>
  seen === undefined ||
  seen === false ||
  seen === 0 ||
  (Array.isArray(seen) && seen.length === 0) ||
  ((seen instanceof Map || seen instanceof Set) && seen.size === 0);

const as = (workspaceId: string, probe: (scope: WorkspaceScope) => Promise<unknown>) =>
  clients.database.inWorkspace(workspaceId, probe).catch((error: unknown) => {
    if (error instanceof Error && /duplicate key|row-level security/.test(error.message)) return undefined;
    throw error;
  });

describe('another workspace, with our ids', () => {
  it('has a probe for every method of a repository that takes a scope', async () => {
    const { reads, changes } = await reachOf(memory, ours);
    expect([...Object.keys(reads), ...Object.keys(changes)].toSorted()).toEqual(scopedMethods().toSorted());
  });

  it('reads nothing by any of them, where we read something', async () => {
    const { reads } = await reachOf(memory, ours);
    for (const [name, probe] of Object.entries(reads)) {
      const seen = {
        name,
        ours: isNothing(await as(ours.workspaceId, probe)),
        theirs: await as(theirs, probe),
      };
      expect({ ...seen, theirs: isNothing(seen.theirs) ? 'nothing' : seen.theirs }).toEqual({
        name,
        ours: false,
        theirs: 'nothing',
      });
    }
  });

  it('changes nothing by any of them', async () => {
    const { changes } = await reachOf(memory, ours);
    const before = await ourRows();
    expect(before['context_items']).toHaveLength(2);
    for (const [name, probe] of Object.entries(changes)) {
      const seen = await as(theirs, probe);
      expect({ name, seen: isNothing(seen) ? 'nothing' : seen }).toEqual({ name, seen: 'nothing' });
    }
    expect(await ourRows()).toEqual(before);
  });

  it('gets a 404 for them, and items of its own for our keys', async () => {
    const notFound = { httpStatus: 404 };
    await expect(memory.items.get(theirs, ours.itemId)).rejects.toMatchObject(notFound);
    await expect(memory.items.update(theirs, ours.itemId, { title: 'x' })).rejects.toMatchObject(notFound);
    await expect(memory.items.delete(theirs, ours.itemId)).rejects.toMatchObject(notFound);
    await expect(memory.jobs.get(theirs, ours.jobId)).rejects.toMatchObject(notFound);
    await expect(memory.receipts.get(theirs, ours.receiptId)).rejects.toMatchObject(notFound);
    await expect(memory.forget.get(theirs, ours.erasureId)).rejects.toMatchObject(notFound);
    for (const name of [ours.workingSetId, 'vault']) {
      await expect(memory.workingSets.get(theirs, name)).rejects.toMatchObject(notFound);
      await expect(memory.workingSets.update(theirs, name, { session: 'x' })).rejects.toMatchObject(notFound);
      await expect(memory.workingSets.delete(theirs, name)).rejects.toMatchObject(notFound);
    }
    const pinOfOurs = { name: 'theirs', pinnedItems: [ours.itemId] };
    await expect(memory.workingSets.create(theirs, pinOfOurs)).rejects.toMatchObject({ httpStatus: 400 });
    expect((await memory.recall.recall(theirs, { query: 'vault alpha seven' })).items).toEqual([]);
    const posted = await memory.ingest.ingest(theirs, [secret], { idempotencyKey: 'k' });
    expect(posted.items[0]).toMatchObject({ duplicate: false });
    expect(posted.items[0]?.id).not.toBe(ours.itemId);
  });
});

describe('row-level security', () => {
  it('is on for every table that names a workspace', async () => {
    const named = await clients.dataSource.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
       WHERE attname = 'workspace_id' AND NOT attisdropped AND relkind IN ('r', 'p') AND NOT relispartition`,
    );
    expect(tables).toEqual(expect.arrayContaining(named.map(({ name }) => name)));
  });

  it('shows nothing of any table to a statement that names no workspace, or another', async () => {
    for (const table of tables) {
      const count = `SELECT count(*)::int AS n FROM ${table}`;
      const unset = await unscoped(count);
      // What the role may not read at all it does not see either.
      const other = await clients.database
        .inWorkspace(newId(), (scope) => scope.query(count))
        .catch((error: unknown) => (isDenied(error) ? [{ n: 0 }] : Promise.reject(error)));
      expect({ table, unset, other }).toEqual({ table, unset: [{ n: 0 }], other: [{ n: 0 }] });
    }
  });

  it('lets a statement that names no workspace change nothing', async () => {
    const before = await ourRows();
    expect(await unscoped(`SELECT forget_questions(ARRAY['${ours.itemId}']::uuid[]) AS n`)).toEqual([
      { n: 0 },
    ]);
    for (const table of tables) {
      await unscoped(`WITH gone AS (DELETE FROM ${table} RETURNING 1) SELECT count(*)::int AS n FROM gone`);
    }
    expect(await ourRows()).toEqual(before);
  });

  it.each(['context_terms', 'context_term_counts', 'context_term_changes', 'context_changes'])(
    'lets no workspace write to %s, not even in its own name',
    async (table) => {
      const deleted = clients.database.inWorkspace(theirs, (scope) => scope.query(`DELETE FROM ${table}`));
      await expect(deleted).rejects.toThrow(/permission denied/);
    },
  );

  it('refuses a row in another workspace’s name', async () => {
    const insert = clients.database.inWorkspace(theirs, (scope) =>
      scope.query(`INSERT INTO context_receipts (id, workspace_id, request_id) VALUES ($1, $2, 'r')`, [
        newId(),
        ours.workspaceId,
      ]),
    );
    await expect(insert).rejects.toThrow(/row-level security/);
  });
});

it('only the database’s door makes a scope', () => {
  expect(scopeMakers()).toEqual(['libs/database/src/database.ts']);
});

const isDenied = (error: unknown): boolean =>
  error instanceof Error && /permission denied/.test(error.message);

/** Runs a statement under the application's role with no workspace set. */
const unscoped = (sql: string): Promise<unknown> =>
  clients.dataSource
    .transaction(async (manager) => {
      await manager.query(`SET LOCAL ROLE context_gateway_app`);
      return manager.query<unknown>(sql);
    })
    .catch((error: unknown) => (isDenied(error) ? [{ n: 0 }] : Promise.reject(error)));
