import { createHash, type Hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { isId, newId, NotFoundError, type Page, pageOf } from '#common';
import { Database } from '#database';
import { metrics } from '#observability';
import type { ItemSelection } from '../filter/item-selection.js';
import { type PageMark, writeCursor } from '../items/page-cursor.js';
import { type Erasure, type ErasurePreview, noneErased } from './erasure.js';
import { ErasureRepository } from './erasure.repository.js';
import { type ForgetRequest, planForget } from './forget-request.js';
import { ForgetRepository } from './forget.repository.js';

/** Who asks to forget. */
export interface Forgetter {
  workspaceId: string;
  /** Public id of the key. */
  keyId: string;
}

/** Forgets for good, and certifies it. */
@Injectable()
export class ForgetService {
  constructor(
    private readonly database: Database,
    private readonly items: ForgetRepository,
    private readonly erasures: ErasureRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ForgetService.name);
  }

  /** What {@link forget} would take. @throws as it does */
  async preview(workspaceId: string, request: ForgetRequest): Promise<ErasurePreview> {
    const { selection, asked } = planForget(request);
    const { counts, ids } = await this.database.inWorkspace(workspaceId, (scope) =>
      this.items.preview(scope, selection),
    );
    return { filter: asked, counts, itemIds: ids };
  }

  /**
   * Deletes all items of a selection that were there when it began, in transactions of a few megabytes. A run that breaks off
   * has deleted what its certificate says; forgetting again takes the rest.
   * @throws InvalidRequestError naming the field, DatabaseUnavailableError
   */
  async forget({ workspaceId, keyId }: Forgetter, request: ForgetRequest): Promise<Erasure> {
    const { selection, asked } = planForget(request);
    const id = newId();
    const began = await this.database.inWorkspace(workspaceId, (scope) =>
      this.erasures.open(scope, { id, keyId, filter: asked }),
    );
    // Files first: what a worker makes of one in this moment is an item before we look which is the youngest.
    await this.eraseFiles(workspaceId, id, selection);
    const upTo = await this.database.inWorkspace(workspaceId, (scope) =>
      this.items.youngest(scope, selection),
    );
    const hash = createHash('sha256');
    if (upTo) await this.eraseItems(workspaceId, id, selection, upTo, hash);
    await this.emptyReceipts(workspaceId, id, selection, began);
    await this.deleteWorkingSets(workspaceId, id, selection, began);
    const erasure = await this.database.inWorkspace(workspaceId, async (scope) => {
      await this.erasures.complete(scope, id, hash.digest('hex'));
      return this.erasures.find(scope, id);
    });
    if (!erasure) throw new Error('The certificate of an erasure vanished');
    metrics.context.itemsForgotten.inc(erasure.counts.items);
    const fields = { workspace_id: workspaceId, key_id: keyId, erasure_id: id, ...erasure.counts };
    this.logger.info(fields, 'context_forgotten');
    return erasure;
  }

  /** @throws NotFoundError for an id this workspace does not have */
  async get(workspaceId: string, id: string): Promise<Erasure> {
    const erasure = isId(id)
      ? await this.database.inWorkspace(workspaceId, (scope) => this.erasures.find(scope, id))
      : undefined;
    if (!erasure) throw new NotFoundError('erasure', id);
    return erasure;
  }

  /** One page of certificates, newest first. */
  async list(workspaceId: string, limit: number, after?: PageMark): Promise<Page<Erasure>> {
    const found = await this.database.inWorkspace(workspaceId, (scope) =>
      this.erasures.list(scope, limit + 1, after),
    );
    return pageOf(found, limit, writeCursor);
  }

  private async eraseFiles(workspaceId: string, id: string, selection: ItemSelection): Promise<void> {
    for (let erased = 1; erased > 0;) {
      erased = await this.database.inWorkspace(workspaceId, async (scope) => {
        const contextFiles = await this.items.eraseFiles(scope, selection);
        if (contextFiles > 0) await this.erasures.add(scope, id, { ...noneErased, contextFiles }, []);
        return contextFiles;
      });
    }
  }

  private async eraseItems(
    workspaceId: string,
    id: string,
    selection: ItemSelection,
    upTo: PageMark,
    hash: Hash,
  ): Promise<void> {
    for (let after: PageMark | undefined; ;) {
      const behind = after;
      const { last, gone } = await this.database.inWorkspace(workspaceId, async (scope) => {
        const page = await this.items.page(scope, selection, upTo, behind);
        const erased = await this.items.erase(
          scope,
          page.map((item) => item.id),
        );
        await this.erasures.add(scope, id, erased.counts, erased.ids);
        return { last: page.at(-1), gone: erased.ids };
      });
      for (const itemId of gone) hash.update(`${itemId}\n`);
      if (!last) return;
      after = last;
    }
  }

  private async emptyReceipts(
    workspaceId: string,
    id: string,
    selection: ItemSelection,
    began: Date,
  ): Promise<void> {
    for (let emptied = 1; emptied > 0;) {
      emptied = await this.database.inWorkspace(workspaceId, async (scope) => {
        const contextReceipts = await this.items.emptyReceipts(scope, selection, began);
        if (contextReceipts > 0) await this.erasures.add(scope, id, { ...noneErased, contextReceipts }, []);
        return contextReceipts;
      });
    }
  }

  private deleteWorkingSets(
    workspaceId: string,
    id: string,
    selection: ItemSelection,
    began: Date,
  ): Promise<void> {
    return this.database.inWorkspace(workspaceId, async (scope) => {
      const gone = await this.items.deleteWorkingSets(scope, selection, began);
      if (gone.contextWorkingSets > 0) await this.erasures.add(scope, id, { ...noneErased, ...gone }, []);
    });
  }
}
