import { newId } from '#common';
import type { NewItem, WorkingSet } from '#context-memory';
import type { WorkspaceScope } from '#database';
import { UsageReportRepository } from '#usage';
import { FileRepository, type WaitingFile } from '../../libs/context-memory/src/files/file.repository.js';
import { ErasureRepository } from '../../libs/context-memory/src/forget/erasure.repository.js';
import { ForgetRepository } from '../../libs/context-memory/src/forget/forget.repository.js';
import { RecallHealthRepository } from '../../libs/context-memory/src/health/recall-health.repository.js';
import { EmbedRepository } from '../../libs/context-memory/src/indexing/embed.repository.js';
import { IngestRepository } from '../../libs/context-memory/src/ingest/ingest.repository.js';
import { prepareText } from '../../libs/context-memory/src/ingest/prepare-text.js';
import { prepareItem } from '../../libs/context-memory/src/ingest/prepared-item.js';
import { GroupRepository } from '../../libs/context-memory/src/items/group.repository.js';
import { ItemChangeRepository } from '../../libs/context-memory/src/items/item-change.repository.js';
import { ItemRepository } from '../../libs/context-memory/src/items/item.repository.js';
import { JobRepository } from '../../libs/context-memory/src/jobs/job.repository.js';
import { CandidatesRepository } from '../../libs/context-memory/src/recall/candidates.repository.js';
import { RecalledRowsRepository } from '../../libs/context-memory/src/recall/recalled-rows.repository.js';
import { askedWords } from '../../libs/context-memory/src/recall/asked-terms.js';
import { TermRepository } from '../../libs/context-memory/src/recall/term.repository.js';
import { RedactionRepository } from '../../libs/context-memory/src/redaction/redaction.repository.js';
import { ReceiptRepository } from '../../libs/context-memory/src/receipts/receipt.repository.js';
import { EmbeddingSpaces } from '../../libs/context-memory/src/spaces/embedding-spaces.js';
import { VectorRepository } from '../../libs/context-memory/src/spaces/vector.repository.js';
import { ExportRepository } from '../../libs/context-memory/src/transfer/export.repository.js';
import { PinRepository } from '../../libs/context-memory/src/transfer/pin.repository.js';
import {
  type NewSummary,
  SetSummaryRepository,
} from '../../libs/context-memory/src/working-sets/set-summary.repository.js';
import { WantedPartRepository } from '../../libs/context-memory/src/working-sets/wanted-part.repository.js';
import { WorkingSetRepository } from '../../libs/context-memory/src/working-sets/working-set.repository.js';
import { note, type Memory, type WordEmbedder } from './context-memory.harness.js';

/** A workspace and what is in it. */
export interface Tenancy {
  workspaceId: string;
  /** A document in session `s`, embedded. */
  itemId: string;
  /** A note in session `s`, not embedded yet. */
  pendingId: string;
  jobId: string;
  receiptId: string;
  erasureId: string;
  workingSetId: string;
  /** A file with external id `x.txt` that waits to be parsed. */
  fileId: string;
  embedder: WordEmbedder;
  /** What the document was posted as. */
  post: NewItem;
}

/** Tries one method in a scope, with the ids of some workspace. */
type Probe = (scope: WorkspaceScope) => Promise<unknown>;

/**
 * One probe for each method, by `Class.method`.
 * @returns `reads`: find something in the workspace whose ids they use; `changes`: would change it
 */
export async function reachOf(
  memory: Memory,
  {
    itemId,
    pendingId,
    jobId,
    receiptId,
    erasureId,
    workingSetId,
    fileId,
    embedder,
    post,
    workspaceId,
  }: Tenancy,
): Promise<{ reads: Record<string, Probe>; changes: Record<string, Probe> }> {
  const prepared = prepareItem(post, new Date());
  const text = prepareText(note('gone'), new Date());
  const space = await memory.part(EmbeddingSpaces).active();
  // One in which nothing has a vector.
  const other = { id: space.id + 1, home: false, status: 'standby' } as const;
  const [vector = new Float32Array()] = await embedder.embed(['vault'], 'query');
  const question = { vector, space };
  // Another workspace's own counts know none of our words; with these a search would at least begin.
  const words = askedWords([{ term: 'vault', exact: false, items: 1 }], { items: 1, length: 9 }, 1);
  const recall = { words, question, perLeg: 9 };
  const terms = new TermRepository();
  const vectors = new VectorRepository();
  const unfilled = { id: itemId, version: 1, text: '' };
  const row = { id: itemId, claimId: newId(), text: '', attempts: 1 };
  const upTo = { createdAt: new Date(Date.now() + 1_000), id: newId() };
  const [items, changes, ingest] = [new ItemRepository(), new ItemChangeRepository(), new IngestRepository()];
  const [jobs, receipts, embed] = [new JobRepository(), new ReceiptRepository(), new EmbedRepository()];
  const [files, redaction] = [new FileRepository(), new RedactionRepository()];
  const claim = { id: fileId, claimId: newId() };
  const file: WaitingFile = {
    id: fileId,
    filename: 'theirs.txt',
    format: 'text',
    charset: null,
    bytes: Buffer.from('theirs'),
    kind: 'document',
    title: null,
    session: null,
    collection: null,
    externalId: null,
    metadata: {},
    importance: 0.5,
    pinned: false,
    expiresAt: null,
    redact: [],
    createdAt: new Date(),
  };
  const [forget, erasures] = [new ForgetRepository(), new ErasureRepository()];
  const health = new RecallHealthRepository();
  const pins = new PinRepository();
  const pin = {
    id: undefined,
    externalId: post.externalId,
    session: post.session,
    collection: post.collection,
    contentHash: prepared.text.contentHash,
    expiresAt: undefined,
  };
  const day = 86_400_000;
  const now = new Date();
  const usage = {
    start: new Date(now.getTime() - day),
    end: new Date(now.getTime() + day),
    now,
    groups: [],
    limit: 9,
    cursor: null,
  };
  const counts = {
    items: 1,
    contextItems: 1,
    contextDocuments: 1,
    contextVectors: 1,
    contextReceipts: 1,
    contextFiles: 1,
    contextWorkingSets: 1,
    contextSetSummaries: 1,
  };
  const sets = new WorkingSetRepository();
  const set = await memory.workingSets.get(workspaceId, workingSetId);
  const summaries = new SetSummaryRepository();
  return {
    reads: {
      'ItemRepository.find': (scope) => items.find(scope, itemId),
      'ItemRepository.list': (scope) => items.list(scope, { limit: 9, session: 's' }),
      'GroupRepository.list': (scope) => new GroupRepository().list(scope, 'session', 9, undefined),
      'IngestRepository.findExisting': (scope) => ingest.findExisting(scope, [prepared]),
      'IngestRepository.lastPositions': (scope) => ingest.lastPositions(scope, ['s']),
      'IngestRepository.takenPlaces': (scope) => ingest.takenPlaces(scope, ['s'], [1, 2]),
      'JobRepository.find': (scope) => jobs.find(scope, jobId),
      'JobRepository.findByKey': (scope) => jobs.findByKey(scope, 'k'),
      'FileRepository.find': (scope) => files.find(scope, fileId),
      'RedactionRepository.classes': (scope) => redaction.classes(scope),
      'JobRepository.progress': (scope) => jobs.progress(scope, [itemId]),
      'RecalledRowsRepository.load': (scope) => new RecalledRowsRepository().load(scope, [itemId], [itemId]),
      'ReceiptRepository.find': (scope) => receipts.find(scope, receiptId),
      'CandidatesRepository.find': async (scope) => [
        ...(await new CandidatesRepository().find(scope, { ...recall, approximate: false })),
        ...(await new CandidatesRepository().find(scope, { ...recall, approximate: true })),
      ],
      'TermRepository.count': async (scope) =>
        (await terms.count(scope, 'vault alpha')).terms.filter(({ items }) => items > 0),
      'TermRepository.frequencies': (scope) =>
        terms.frequencies(scope, [{ term: 'vault', items: 1 }], [itemId]),
      'VectorRepository.missing': (scope) => vectors.missing(scope, other, 9),
      'ExportRepository.page': (scope) => new ExportRepository().page(scope, {}),
      'PinRepository.references': async (scope) => [...(await pins.references(scope, [itemId])).values()],
      'PinRepository.resolve': async (scope) =>
        (await pins.resolve(scope, [{ ...pin, id: itemId }, pin])).filter((id) => id !== undefined),
      'ForgetRepository.youngest': (scope) => forget.youngest(scope, {}),
      'ForgetRepository.page': (scope) => forget.page(scope, {}, upTo),
      'ForgetRepository.preview': async (scope) => {
        const { counts, ids } = await forget.preview(scope, {});
        return [...ids, ...Object.values(counts).filter((count) => count > 0)];
      },
      'ErasureRepository.find': (scope) => erasures.find(scope, erasureId),
      'RecallHealthRepository.sample': (scope) => health.sample(scope, 9),
      'RecallHealthRepository.find': (scope) => health.find(scope),
      'RecallHealthRepository.countVectors': async (scope) =>
        Object.values(await health.countVectors(scope)).filter((count) => count > 0),
      'ErasureRepository.list': (scope) => erasures.list(scope, 9),
      'WorkingSetRepository.find': (scope) => sets.find(scope, workingSetId),
      'WorkingSetRepository.lock': (scope) => sets.lock(scope, set.name),
      'WorkingSetRepository.list': (scope) => sets.list(scope, 9),
      'WorkingSetRepository.withQueries': (scope) => sets.withQueries(scope),
      'WorkingSetRepository.count': (scope) => sets.count(scope),
      'WorkingSetRepository.existing': (scope) => sets.existing(scope, [itemId]),
      'WantedPartRepository.load': async (scope) =>
        (await new WantedPartRepository().load(scope, set)).filter(({ state }) => state !== 'deleted'),
      'SetSummaryRepository.find': (scope) => summaries.find(scope, workingSetId),
      'UsageReportRepository.totals': async (scope) =>
        (await new UsageReportRepository().totals(scope, usage)).data,
    },
    changes: {
      'ItemRepository.delete': (scope) => items.delete(scope, itemId),
      'ItemChangeRepository.lock': (scope) => changes.lock(scope, itemId),
      'ItemChangeRepository.changeDetails': (scope) =>
        changes.changeDetails(scope, itemId, { title: 'theirs', metadata: {} }),
      'ItemChangeRepository.retry': (scope) => changes.retry(scope, itemId),
      'ItemChangeRepository.replaceText': (scope) => changes.replaceText(scope, itemId, 'gone', text),
      'ItemChangeRepository.addDocument': (scope) => changes.addDocument(scope, itemId, 'gone', text),
      'IngestRepository.lockSessions': (scope) => ingest.lockSessions(scope, ['s']),
      'IngestRepository.insertHeads': (scope) =>
        ingest.insertHeads(scope, [{ ...prepared, id: itemId }], new Map()),
      'JobRepository.insert': (scope) =>
        jobs.insert(scope, { id: jobId, idempotencyKey: undefined, requestHash: '' }),
      'JobRepository.setItems': (scope) => jobs.setItems(scope, jobId, [], {}),
      'JobRepository.setItemsOfFile': (scope) => jobs.setItemsOfFile(scope, fileId, [itemId], {}),
      'JobRepository.retryItems': (scope) => jobs.retryItems(scope, [itemId, pendingId]),
      'FileRepository.insert': (scope) => files.insert(scope, file),
      'FileRepository.supersede': (scope) => files.supersede(scope, ['x.txt']),
      'FileRepository.retry': (scope) => files.retry(scope, fileId),
      'FileRepository.claim': (scope) => files.claim(scope, fileId, 60),
      'FileRepository.finish': (scope) => files.finish(scope, claim),
      'FileRepository.fail': (scope) => files.fail(scope, claim, 'theirs'),
      'FileRepository.release': (scope) => files.release(scope, claim),
      'ReceiptRepository.insert': (scope) =>
        receipts.insert(scope, [
          {
            id: receiptId,
            workspaceId,
            requestId: 'theirs',
            tokens: 0,
            decisions: {},
            items: [],
            degraded: [],
            attempts: [],
          },
        ]),
      'EmbedRepository.claim': (scope) => embed.claim(scope, [itemId, pendingId], 9),
      'EmbedRepository.store': (scope) =>
        embed.store(scope, row.claimId, space, [{ id: itemId, vector: `[${vector.join()}]` }]),
      'VectorRepository.store': async (scope) => {
        const filled = [{ row: unfilled, vector: '[1]' }];
        await vectors.store(scope, space, filled);
        await vectors.store(scope, { ...space, home: false }, filled);
      },
      'VectorRepository.fail': (scope) => vectors.fail(scope, space, unfilled, 'x'),
      'EmbedRepository.release': (scope) => embed.release(scope, [row]),
      'EmbedRepository.fail': (scope) => embed.fail(scope, row, 'x', true),
      'ForgetRepository.erase': async (scope) => (await forget.erase(scope, [itemId, pendingId])).ids,
      'ForgetRepository.eraseFiles': (scope) => forget.eraseFiles(scope, {}),
      'ForgetRepository.emptyReceipts': (scope) => forget.emptyReceipts(scope, {}, upTo.createdAt),
      'RecallHealthRepository.save': (scope) =>
        health.save(scope, { asked: 9, found: 0, topK: 1, degraded: [], measuredAt: now }),
      'ForgetRepository.deleteWorkingSets': async (scope) =>
        Object.values(await forget.deleteWorkingSets(scope, {}, upTo.createdAt)).filter((count) => count > 0),
      'WorkingSetRepository.insert': (scope) => sets.insert(scope, workingSetId, set),
      'WorkingSetRepository.replace': (scope) =>
        sets.replace(scope, workingSetId, { ...set, name: 'theirs' }),
      'WorkingSetRepository.delete': (scope) => sets.delete(scope, workingSetId),
      'WorkingSetRepository.store': (scope) => sets.store(scope, set, []),
      'SetSummaryRepository.lease': (scope) => summaries.lease(scope, workingSetId),
      'SetSummaryRepository.confirm': (scope) => summaries.confirm(scope, workingSetId, 'theirs'),
      'SetSummaryRepository.store': (scope) => summaries.store(scope, summaryOf(set, itemId)),
      'SetSummaryRepository.delete': (scope) => summaries.delete(scope, workingSetId),
      'ErasureRepository.open': (scope) => erasures.open(scope, { id: erasureId, keyId: 'k', filter: {} }),
      'ErasureRepository.add': (scope) => erasures.add(scope, erasureId, counts, [itemId]),
      'ErasureRepository.complete': (scope) => erasures.complete(scope, erasureId, 'theirs'),
    },
  };
}

/** A summary of the item's first part, for a set that wishes one. */
export const summaryOf = (set: WorkingSet, itemId: string): NewSummary => ({
  text: 'The vault has a code.',
  tokens: 6,
  model: 'served',
  usageEventId: newId(),
  task: {
    model: 'm',
    maxTokens: 9,
    workingSetId: set.id,
    definedAt: set.updatedAt,
    setVersion: 1,
    state: '',
    hash: '',
    text: '',
    parts: [{ id: itemId, position: 0, version: 1 }],
  },
});
