import type { TextFormat } from './text-format.js';

/** JSON that a caller keeps beside an item and filters by. */
export type Metadata = Record<string, unknown>;

/** One text as it was posted, before it is checked and split. */
export interface NewItem {
  /** Where it stands in the request, for errors: `items[3]`; empty for the request itself. */
  path: string;
  content: string;
  /** `note`, `turn`, `document` or a word of the caller's. */
  kind: string;
  title?: string;
  session?: string;
  /** What it is kept with; a name of the caller's. */
  collection?: string;
  /** The caller's own id: a second post with it replaces the first. */
  externalId?: string;
  metadata?: Metadata;
  /** 0 to 1; 0.5 is neutral. */
  importance?: number;
  pinned?: boolean;
  expiresAt?: Date;
  createdAt?: Date;
  /** Whose words they are, for turns. */
  speaker?: string;
  format?: TextFormat;
  /** True: keep it as a document even when it fits one row. */
  asDocument?: boolean;
  /** Of an item that was stored before, here or elsewhere. */
  recorded?: Recorded;
}

/** What an export says of an item, and a post cannot. */
export interface Recorded {
  /** Its id there, by which other lines of an export name it. */
  id: string | undefined;
  /** Where the whole text stands: a turn's date and speaker. */
  heading: string | undefined;
  /** Its place in the session; null: none, undefined: the next one. */
  sessionPosition: number | null | undefined;
  version: number | undefined;
  updatedAt: Date | undefined;
}
