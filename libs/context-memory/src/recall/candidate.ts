/** A row that one of the legs found, or that stands next to one. */
export interface Candidate {
  /** Of the row; `itemId` is the id that callers know. */
  rowId: string;
  itemId: string;
  documentId: string | null;
  position: number;
  contentHash: string;
  session: string | null;
  sessionPosition: number | null;
  importance: number;
  createdAt: Date;
  /** Cosine similarity to the question; null for a row without a vector in this space. */
  dense: number | null;
  /** BM25 of its own words; 0 for a row that has none of the question's terms. */
  words: number;
  /** BM25 of its words together with those of the turn before it; `words` for what is no turn. */
  lexical: number;
}

/** A candidate with what fusion made of it. Scores are relative to the other candidates of the same question. */
export interface RankedCandidate extends Candidate {
  scores: { dense: number; words: number; lexical: number; fused: number; final: number };
  /** Places in each leg, from 1; null where the leg did not find it. */
  ranks: { dense: number | null; lexical: number | null; final: number };
}

/** What was recalled: a row with its text, ready to be packed. */
export interface RecalledItem {
  id: string;
  title: string | null;
  content: string;
  metadata: Record<string, unknown>;
  kind: string;
  session: string | null;
  createdAt: Date;
  version: number;
  score: number;
  scores: { dense: number; lexical: number };
  /** Of the content, by the vocabulary asked for. */
  tokens: number;
  /** Which part of a split text this is, from 0; with the page that it begins on, from 1, of a text with pages. */
  part?: { position: number; of: number; page?: number };
}
