import type { Metadata } from '../ingest/new-item.js';
import type { TextFormat } from '../ingest/text-format.js';

/** An item with all that is needed to store it again, here or elsewhere: everything but its vectors. */
export interface ExportedItem {
  id: string;
  kind: string;
  title: string | null;
  /** The whole text, as it was posted. */
  content: string;
  /** How a document is split; null for a text that is no document. */
  format: TextFormat | null;
  /** Where the whole text stands (a turn's date and speaker). */
  heading: string | null;
  session: string | null;
  sessionPosition: number | null;
  collection: string | null;
  externalId: string | null;
  metadata: Metadata;
  importance: number;
  pinned: boolean;
  expiresAt: Date | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}
