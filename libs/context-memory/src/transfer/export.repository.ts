import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import type { ItemSelection } from '../filter/item-selection.js';
import type { Metadata } from '../ingest/new-item.js';
import type { TextFormat } from '../ingest/text-format.js';
import type { PageMark } from '../items/page-cursor.js';
import type { ExportedItem } from './exported-item.js';
import { readOldestFirst } from '../items/oldest-first.js';

interface ExportRow {
  id: string;
  kind: string;
  title: string | null;
  content: string;
  format: TextFormat | null;
  heading: string | null;
  session: string | null;
  session_position: string | null;
  collection: string | null;
  external_id: string | null;
  metadata: Metadata;
  importance: number;
  pinned: boolean;
  expires_at: Date | null;
  version: number;
  created_at: Date;
  updated_at: Date;
}

/** Reads items to be taken elsewhere. */
@Injectable()
export class ExportRepository {
  /** One page, the oldest first; empty behind the last. */
  async page(scope: WorkspaceScope, selection: ItemSelection, after?: PageMark): Promise<ExportedItem[]> {
    const rows = await readOldestFirst<ExportRow>(scope, { selection, after, expired: false }, columns);
    return rows.map(toExported);
  }
}

// The headings of Markdown and code are their own and come back when it is split again.
const columns = `head.id, head.kind, head.title, coalesce(document.content, head.content) AS content, document.format,
  CASE WHEN document.format IN ('markdown', 'code') THEN NULL ELSE head.heading END AS heading, head.session, head.session_position,
  head.collection, head.external_id, head.metadata, head.importance, head.pinned, head.expires_at, head.version, head.created_at, head.updated_at`;

const toExported = ({ session_position: position, ...row }: ExportRow): ExportedItem => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  content: row.content,
  format: row.format,
  heading: row.heading,
  session: row.session,
  sessionPosition: position === null ? null : Number(position),
  collection: row.collection,
  externalId: row.external_id,
  metadata: row.metadata,
  importance: row.importance,
  pinned: row.pinned,
  expiresAt: row.expires_at,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
