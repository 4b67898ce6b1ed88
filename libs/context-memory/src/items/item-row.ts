import type { Metadata } from '../ingest/new-item.js';
import type { ContextItem, ItemStatus } from './context-item.js';

/** An item as {@link wholeItems} selects it. */
export interface ItemRow {
  id: string;
  kind: string;
  title: string | null;
  content: string;
  session: string | null;
  collection: string | null;
  external_id: string | null;
  metadata: Metadata;
  importance: number;
  pinned: boolean;
  expires_at: Date | null;
  status: ItemStatus;
  error: string | null;
  version: number;
  tokens: number;
  parts: number;
  created_at: Date;
  updated_at: Date;
}

/**
 * Items, each put together from its rows.
 * @param heads SQL that selects rows of context_items at position 0
 * @param content SQL of the content to show; `head` and `document` are in scope
 */
export const wholeItems = (heads: string, content: string): string => `
  SELECT head.id, head.kind, head.title, ${content} AS content, head.session, head.collection, head.external_id,
         head.metadata, head.importance, head.pinned, head.expires_at, head.version, head.created_at, head.updated_at,
         coalesce(whole.status, head.status) AS status, coalesce(whole.error, head.error) AS error,
         coalesce(whole.tokens, head.tokens) AS tokens, coalesce(whole.parts, 1) AS parts
  FROM (${heads}) AS head
  LEFT JOIN context_documents AS document ON document.id = head.document_id
  LEFT JOIN LATERAL (
    SELECT ${statusOfRows} AS status, min(error) AS error, sum(tokens)::integer AS tokens, count(*)::integer AS parts
    FROM context_items WHERE document_id = head.id
  ) AS whole ON head.document_id IS NOT NULL`;

/** The status of a whole from those of its rows. */
export const statusOfRows = `CASE WHEN bool_or(status = 'failed') THEN 'failed'
  WHEN bool_or(status = 'pending') THEN 'pending' ELSE 'embedded' END`;

/** The item of a row that {@link wholeItems} selects. */
export const toItem = (row: ItemRow): ContextItem => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  content: row.content,
  session: row.session,
  collection: row.collection,
  externalId: row.external_id,
  metadata: row.metadata,
  importance: row.importance,
  pinned: row.pinned,
  expiresAt: row.expires_at,
  status: row.status,
  error: row.error,
  version: row.version,
  tokens: row.tokens,
  parts: row.parts,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
