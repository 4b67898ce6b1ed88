import type { JsonObject } from '#common';

/** What an erasure took, by table. */
export interface ErasedCounts {
  /** Items as callers know them; each may be many rows. */
  items: number;
  /** Rows, their vectors with them. */
  contextItems: number;
  /** Whole texts kept beside their parts. */
  contextDocuments: number;
  /** Vectors of other embedding spaces, kept beside the rows; some may stand for a text that had none. */
  contextVectors: number;
  /** Receipts that lost the question they held. */
  contextReceipts: number;
  /** Working sets, with the queries and names in them. */
  contextWorkingSets: number;
  /** Summaries of working sets, made of what went. */
  contextSetSummaries: number;
  /** Uploaded files whose text was not stored yet. */
  contextFiles: number;
}

/** Nothing yet. */
export const noneErased: ErasedCounts = {
  items: 0,
  contextItems: 0,
  contextDocuments: 0,
  contextVectors: 0,
  contextReceipts: 0,
  contextWorkingSets: 0,
  contextSetSummaries: 0,
  contextFiles: 0,
};

/** What was forgotten, when, by whom: the certificate. Holds no content. */
export interface Erasure {
  id: string;
  /** Public id of the key that asked. */
  keyId: string;
  /** What was asked, in the words of the wire. */
  filter: JsonObject;
  counts: ErasedCounts;
  /** The oldest 1,000 that went. */
  itemIds: string[];
  /** SHA-256 of all their ids, the oldest item first, each id followed by a line feed; null until completed. */
  itemIdsSha256: string | null;
  createdAt: Date;
  /** Null while it runs, and for ever if it broke off: what the counts say is gone then, the rest is not. */
  completedAt: Date | null;
}

/** What an erasure would take. */
export interface ErasurePreview {
  filter: JsonObject;
  counts: ErasedCounts;
  /** The oldest 1,000. */
  itemIds: string[];
}

/** Most ids that are listed one by one. */
export const maxListedIds = 1_000;
