import type { Metadata } from '../ingest/new-item.js';

/** How far an item is: found by its words at once, by its meaning when `embedded`. */
export type ItemStatus = 'pending' | 'embedded' | 'failed';

/** An item as callers see it, whether it is one row or many. */
export interface ContextItem {
  id: string;
  kind: string;
  title: string | null;
  /** The whole text; in lists a split text shows its first part. */
  content: string;
  session: string | null;
  collection: string | null;
  externalId: string | null;
  metadata: Metadata;
  importance: number;
  pinned: boolean;
  expiresAt: Date | null;
  status: ItemStatus;
  /** Why embedding was given up, when `failed`. */
  error: string | null;
  version: number;
  /** Estimated tokens of the whole text. */
  tokens: number;
  /** Rows it was split into. */
  parts: number;
  createdAt: Date;
  updatedAt: Date;
}

/** What may be changed without touching the text's rows. `null` clears; what is absent stays. */
export interface DetailChange {
  title?: string | null;
  metadata?: Metadata;
  importance?: number;
  pinned?: boolean;
  expiresAt?: Date | null;
  session?: string | null;
  /** Goes with the session. */
  sessionPosition?: number | null;
  collection?: string | null;
  kind?: string;
}
