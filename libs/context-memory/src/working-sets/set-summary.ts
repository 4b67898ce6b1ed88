import type { FencedSummary } from '../packing/fence.js';

/** A model's summary of what a set has no room for. */
export interface SetSummary extends FencedSummary {
  tokens: number;
  /** That served. */
  model: string;
  /** Hash of what it was made of; see {@link SummarySource}. */
  source: string;
  /** Hash of what the set wanted then; see stateOf. */
  state: string;
  /** Of the set, then. */
  setVersion: number;
  /** Id of the call in the ledger. */
  usageEventId: string;
}

/** A row of an item, in the version that it had. */
export interface SourcePart {
  id: string;
  position: number;
  version: number;
}

/** What is to be summarised. */
export interface SummarySource {
  /** Hash of the model, the length and the parts. */
  hash: string;
  /** The parts' texts, fenced as data. */
  text: string;
  parts: SourcePart[];
}

/** A summary to be made. */
export interface SummaryTask extends SummarySource {
  workingSetId: string;
  setVersion: number;
  /** When the set was defined as it was then. */
  definedAt: Date;
  state: string;
  model: string;
  maxTokens: number;
}
