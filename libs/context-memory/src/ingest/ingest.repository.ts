import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import type { ItemStatus } from '../items/context-item.js';
import { itemKey, type PreparedItem } from './prepared-item.js';

/** An item that was there before the post, locked until the transaction ends. */
export interface ExistingItem {
  id: string;
  key: string;
  session: string | null;
  contentHash: string;
  title: string | null;
  status: ItemStatus;
  expired: boolean;
}

interface ExistingRow {
  id: string;
  external_id: string | null;
  session: string | null;
  collection: string | null;
  content_hash: string;
  title: string | null;
  status: ItemStatus;
  expired: boolean;
}

/** Finds and writes the rows that stand for posted texts. */
@Injectable()
export class IngestRepository {
  /** Lets one transaction at a time add to these sessions, so that their order has no gaps and no ties. */
  async lockSessions(scope: WorkspaceScope, sessions: string[]): Promise<void> {
    // Sorted: two posts to the same sessions take the locks in one order.
    for (const session of sessions.toSorted()) {
      await scope.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [
        JSON.stringify([scope.workspaceId, session]),
      ]);
    }
  }

  /** The last position taken in each session; absent for a new one. */
  async lastPositions(scope: WorkspaceScope, sessions: string[]): Promise<Map<string, number>> {
    const rows = await scope.query<{ session: string; last: string }>(
      `SELECT session, max(session_position) AS last FROM context_items
       WHERE workspace_id = $1 AND session = ANY($2) GROUP BY session`,
      [scope.workspaceId, sessions],
    );
    return new Map(rows.map(({ session, last }) => [session, Number(last)]));
  }

  /** Which of these positions other items hold, as {@link placeOf} writes them. */
  async takenPlaces(scope: WorkspaceScope, sessions: string[], positions: number[]): Promise<Set<string>> {
    const rows = await scope.query<{ session: string; session_position: string }>(
      `SELECT session, session_position FROM context_items
       WHERE workspace_id = $1 AND session = ANY($2) AND session_position = ANY($3)`,
      [scope.workspaceId, sessions, positions],
    );
    return new Set(rows.map((row) => placeOf(row.session, Number(row.session_position))));
  }

  /** Items that have the keys of these posts; a few others with the same text may be among them. */
  async findExisting(scope: WorkspaceScope, posts: PreparedItem[]): Promise<ExistingItem[]> {
    const externalIds = posts.flatMap(({ item }) => item.externalId ?? []);
    const byContent = posts.filter(({ item }) => item.externalId === undefined);
    const sessions = [...new Set(byContent.map(({ item }) => item.session ?? ''))];
    const collections = [...new Set(byContent.map(({ item }) => item.collection ?? ''))];
    const hashes = byContent.map(({ text }) => text.contentHash);
    // Each in a statement of its own, as each has an index of its own.
    return [
      ...(externalIds.length === 0 ? [] : await this.lock(scope, `external_id = ANY($2)`, [externalIds])),
      ...(hashes.length === 0 ? [] : await this.lock(scope, sameContent, [sessions, collections, hashes])),
    ];
  }

  private async lock(scope: WorkspaceScope, condition: string, values: unknown[]): Promise<ExistingItem[]> {
    const rows = await scope.query<ExistingRow>(
      `SELECT id, external_id, session, collection, content_hash, title, status, coalesce(expires_at <= now(), false) AS expired
       FROM context_items WHERE workspace_id = $1 AND position = 0 AND ${condition} ORDER BY id FOR UPDATE`,
      [scope.workspaceId, ...values],
    );
    return rows.map(toExisting);
  }

  /**
   * Writes the rows at position 0 of new items. Posts must have distinct keys and come sorted by key: two transactions that
   * write the same keys then wait for each other in one order.
   * @returns ids of those written; the others lost the race for their key to another post.
   */
  async insertHeads(
    scope: WorkspaceScope,
    posts: PreparedItem[],
    positions: Map<PreparedItem, number>,
  ): Promise<Set<string>> {
    const heads = posts.map((post) => headRecord(post, positions.get(post)));
    const rows = await scope.query<{ id: string }>(
      `INSERT INTO context_items (id, workspace_id, document_id, kind, title, heading, page, content, session, session_position,
         collection, external_id, metadata, importance, pinned, expires_at, content_hash, tokens, version, created_at, updated_at)
       SELECT id, $1, document_id, kind, title, heading, page, content, session, session_position,
         collection, external_id, metadata, importance, pinned, expires_at, content_hash, tokens, version, created_at, coalesce(updated_at, now())
       FROM jsonb_to_recordset($2::jsonb) AS head (id uuid, document_id uuid, kind text, title text, heading text,
         page integer, content text, session text, session_position bigint, collection text, external_id text, metadata jsonb,
         importance real, pinned boolean, expires_at timestamptz, content_hash text, tokens integer, version integer, created_at timestamptz, updated_at timestamptz)
       ON CONFLICT DO NOTHING RETURNING id`,
      [scope.workspaceId, JSON.stringify(heads)],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

/** A position in a session, as one word. */
export const placeOf = (session: string, position: number): string => JSON.stringify([session, position]);

const sameContent = `external_id IS NULL AND coalesce(session, '') = ANY($2) AND coalesce(collection, '') = ANY($3)
  AND content_hash = ANY($4)`;

const toExisting = (row: ExistingRow): ExistingItem => ({
  id: row.id,
  key: itemKey({
    externalId: row.external_id,
    session: row.session,
    collection: row.collection,
    contentHash: row.content_hash,
  }),
  session: row.session,
  contentHash: row.content_hash,
  title: row.title,
  status: row.status,
  expired: row.expired,
});

const headRecord = ({ id, item, text, createdAt }: PreparedItem, position: number | undefined) => ({
  id,
  document_id: text.isDocument ? id : null,
  kind: item.kind,
  title: item.title,
  heading: text.head.heading,
  page: text.head.page,
  content: text.head.content,
  session: item.session,
  session_position: position,
  collection: item.collection,
  external_id: item.externalId,
  metadata: item.metadata ?? {},
  importance: item.importance ?? 0.5,
  pinned: item.pinned ?? false,
  expires_at: item.expiresAt,
  content_hash: text.contentHash,
  tokens: text.head.tokens,
  version: item.recorded?.version ?? 1,
  created_at: createdAt,
  updated_at: item.recorded?.updatedAt,
});
