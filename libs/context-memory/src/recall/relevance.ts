import { embeddingSpaceKey, type EmbeddingSpace } from '../embedding/embedder.port.js';
import type { Candidate } from './candidate.js';

/** What speaks for a workspace knowing something of a question. It can be compared between questions; scores of a ranking cannot. */
export interface Evidence {
  /** Cosine similarity of the nearest row; null without the dense leg. */
  similarity: number | null;
  /** Score of the best row by words, as a share of what the question's words are worth: 0 to about 1.5. */
  words: number;
  /** Rows that were searched: among many, some are near by chance. */
  among: number;
}

/** @param worth of all the question's terms together */
export function evidenceOf(candidates: Candidate[], worth: number, among: number): Evidence {
  const similarities = candidates.flatMap(({ dense }) => dense ?? []);
  const lexical = candidates.reduce((best, row) => Math.max(best, row.lexical), 0);
  return {
    similarity: similarities.length === 0 ? null : similarities.reduce((a, b) => Math.max(a, b)),
    words: worth > 0 ? lexical / worth : 0,
    among,
  };
}

/** A logistic regression over evidence. */
export interface Calibration {
  constant: number;
  similarity: number;
  words: number;
  /** Of the decimal logarithm of `among`. */
  among: number;
}

/**
 * By embedding space: cosines of two models have nothing to do with each other. Fitted by `npm run bench:silence` on the development
 * part of its data (ADR 15), which prints them.
 */
const calibrations: Readonly<Record<string, Calibration>> = {
  'local/gte-small-int8@384': { constant: -69.53, similarity: 91.87, words: 4.384, among: -4.167 },
};

/**
 * How likely it is that the workspace knows something of the question, 0 to 1, if it knew something of every other question.
 * @returns undefined where nobody can tell: without the dense leg, or in a space that was not calibrated
 */
export function relevanceOf(
  evidence: Evidence,
  space: EmbeddingSpace | undefined,
  calibration = space && calibrations[embeddingSpaceKey(space)],
): number | undefined {
  const { similarity, words, among } = evidence;
  if (calibration === undefined || similarity === null) return undefined;
  const logit =
    calibration.constant +
    calibration.similarity * similarity +
    calibration.words * words +
    calibration.among * Math.log10(Math.max(1, among));
  return 1 / (1 + Math.exp(-logit));
}
