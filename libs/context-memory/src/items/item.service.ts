import { Injectable } from '@nestjs/common';
import { InvalidRequestError, isId, NotFoundError, type Page, pageOf, systemClock } from '#common';
import { AppConfig } from '#config';
import { Database, isUniqueViolation, type WorkspaceScope } from '#database';
import { JobProducer } from '#queues';
import { DuplicateContentError } from '../context-memory.errors.js';
import { IngestRepository } from '../ingest/ingest.repository.js';
import { checkContent, checkExpiry, checkGroup, checkMetadata, checkTitle } from '../ingest/item-check.js';
import { prepareText } from '../ingest/prepare-text.js';
import { RedactionService } from '../redaction/redaction.service.js';
import type { ContextItem, DetailChange } from './context-item.js';
import { writeGroupCursor } from './group-cursor.js';
import { type Grouping, GroupRepository, type ItemGroup } from './group.repository.js';
import { ItemChangeRepository } from './item-change.repository.js';
import { type ItemQuery, ItemRepository } from './item.repository.js';
import { writeCursor } from './page-cursor.js';

/** A change to an item; `null` clears, what is absent stays. */
export type ItemPatch = Pick<
  DetailChange,
  'title' | 'session' | 'collection' | 'metadata' | 'importance' | 'pinned' | 'expiresAt'
> & {
  content?: string;
};

/** Items by their ids. All throw NotFoundError for an id this workspace does not have. */
@Injectable()
export class ItemService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly items: ItemRepository,
    private readonly groupsOf: GroupRepository,
    private readonly changes: ItemChangeRepository,
    private readonly places: IngestRepository,
    private readonly redaction: RedactionService,
    private readonly jobs: JobProducer,
  ) {}

  get(workspaceId: string, id: string): Promise<ContextItem> {
    return this.database.inWorkspace(workspaceId, (scope) => this.require(scope, id));
  }

  /** One page, newest first. */
  async list(workspaceId: string, query: ItemQuery): Promise<Page<ContextItem>> {
    const { limit } = query;
    const found = await this.database.inWorkspace(workspaceId, (scope) =>
      this.items.list(scope, { ...query, limit: limit + 1 }),
    );
    return pageOf(found, limit, writeCursor);
  }

  /** One page of the workspace's sessions or collections, by name. @param after only those behind this name */
  async groups(
    workspaceId: string,
    grouping: Grouping,
    limit: number,
    after: string | undefined,
  ): Promise<Page<ItemGroup>> {
    const found = await this.database.inWorkspace(workspaceId, (scope) =>
      this.groupsOf.list(scope, grouping, limit + 1, after),
    );
    return pageOf(found, limit, writeGroupCursor);
  }

  /**
   * Changes an item as one new version; a new text or title is embedded again, under the same id.
   * @throws InvalidRequestError for a bad or empty patch, DuplicateContentError when another item has that content
   */
  async update(workspaceId: string, id: string, patch: ItemPatch): Promise<ContextItem> {
    this.check(patch);
    const item = await this.database
      .inWorkspace(workspaceId, async (scope) => {
        // As posts do it: sessions before items.
        if (typeof patch.session === 'string') await this.places.lockSessions(scope, [patch.session]);
        if (isId(id)) await this.changes.lock(scope, id);
        const before = await this.require(scope, id);
        const redactor = await this.redaction.redactor(scope);
        const { title, content, metadata } = redactor.json(patch);
        const place = await this.placeIn(scope, patch.session, before.session);
        const details = { ...patch, ...place, title, metadata, content: undefined };
        if (Object.values(details).some((value) => value !== undefined)) {
          await this.changes.changeDetails(scope, id, details);
        }
        if (content !== undefined && content !== before.content) await this.replace(scope, before, content);
        return this.require(scope, id);
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new DuplicateContentError() : error;
      });
    if (item.status === 'pending') {
      void this.jobs.add('context-memory', 'embed-items', { workspace_id: workspaceId, item_ids: [id] });
    }
    return item;
  }

  /** Deletes an item for good: text, parts and vectors. */
  async delete(workspaceId: string, id: string): Promise<void> {
    const found =
      isId(id) && (await this.database.inWorkspace(workspaceId, (scope) => this.items.delete(scope, id)));
    if (!found) throw new NotFoundError('context item', id);
  }

  /** In another session it stands behind the last; out of one, nowhere. */
  private async placeIn(
    scope: WorkspaceScope,
    session: string | null | undefined,
    before: string | null,
  ): Promise<Pick<DetailChange, 'session' | 'sessionPosition'>> {
    if (session === undefined || session === before) return { session: undefined };
    if (session === null) return { session, sessionPosition: null };
    const last = await this.places.lastPositions(scope, [session]);
    return { session, sessionPosition: (last.get(session) ?? 0) + 1 };
  }

  private async replace(scope: WorkspaceScope, before: ContextItem, content: string): Promise<void> {
    const { name, role } = before.metadata;
    const text = prepareText(
      {
        content,
        format: before.kind === 'document' ? 'markdown' : 'text',
        asDocument: before.kind === 'document',
        createdAt: before.createdAt,
        speaker: before.kind === 'turn' ? speakerOf(name, role) : undefined,
      },
      before.createdAt,
    );
    await this.changes.replaceText(scope, before.id, content, text);
  }

  private check(patch: ItemPatch): void {
    const { title, content, session, collection, metadata, expiresAt } = patch;
    if (Object.values(patch).every((value) => value === undefined)) {
      throw new InvalidRequestError('The body names nothing to change');
    }
    if (content !== undefined) checkContent(content, 'content', this.config.memory.CONTEXT_MAX_CONTENT_CHARS);
    if (typeof title === 'string') checkTitle(title);
    if (typeof session === 'string') checkGroup(session, 'session');
    if (typeof collection === 'string') checkGroup(collection, 'collection');
    if (metadata !== undefined) checkMetadata(metadata, 'metadata');
    if (expiresAt) checkExpiry(expiresAt, 'expires_at', new Date(systemClock.now()));
  }

  private async require(scope: WorkspaceScope, id: string): Promise<ContextItem> {
    const item = isId(id) ? await this.items.find(scope, id) : undefined;
    if (!item) throw new NotFoundError('context item', id);
    return item;
  }
}

/** Who a turn is by, as its metadata says. */
const speakerOf = (name: unknown, role: unknown): string | undefined =>
  [name, role].find((word) => typeof word === 'string');
