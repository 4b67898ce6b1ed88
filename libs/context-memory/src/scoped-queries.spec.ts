import { describe, expectTypeOf, it } from 'vitest';
import type { Database, SystemScope, WorkspaceScope } from '#database';
import type { ErasureRepository } from './forget/erasure.repository.js';
import type { ForgetRepository } from './forget/forget.repository.js';
import type { EmbedRepository } from './indexing/embed.repository.js';
import type { IngestRepository } from './ingest/ingest.repository.js';
import type { ItemChangeRepository } from './items/item-change.repository.js';
import type { ItemRepository } from './items/item.repository.js';
import type { JobRepository } from './jobs/job.repository.js';
import type { CandidatesRepository } from './recall/candidates.repository.js';
import type { RecalledRowsRepository } from './recall/recalled-rows.repository.js';
import type { ReceiptRepository } from './receipts/receipt.repository.js';
import type { VectorRepository } from './spaces/vector.repository.js';
import type { ExportRepository } from './transfer/export.repository.js';

/** What the methods of a class take first. */
type FirstOf<T> = {
  [K in keyof T]: T[K] extends (first: infer First, ...rest: never[]) => unknown ? First : never;
}[keyof T];

// The type check fails, not the run: what is written here must not compile otherwise.
describe('a query of workspace data', () => {
  it('takes a workspace’s scope first, in every method of these repositories', () => {
    expectTypeOf<FirstOf<ItemRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<ItemChangeRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<IngestRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<JobRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<ReceiptRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<EmbedRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<CandidatesRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<RecalledRowsRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<ForgetRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<ErasureRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<VectorRepository>>().toEqualTypeOf<WorkspaceScope>();
    expectTypeOf<FirstOf<ExportRepository>>().toEqualTypeOf<WorkspaceScope>();
  });

  it('does not compile without one, under the system’s, or under something that looks like one', () => {
    const attempts = (items: ItemRepository, database: Database, system: SystemScope, id: string) => {
      // @ts-expect-error no scope
      void items.find(id);
      // @ts-expect-error a scope across workspaces
      void items.find(system, id);
      // @ts-expect-error a scope across workspaces, from its source
      void database.asSystem((scope) => items.find(scope, id));
      // @ts-expect-error an object of the same shape
      void items.find({ workspaceId: id, query: async () => [] }, id);
      return database.inWorkspace(id, (scope) => items.find(scope, id));
    };
    expectTypeOf(attempts).returns.resolves.not.toBeAny();
  });
});
