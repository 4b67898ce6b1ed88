import type { Candidate, RankedCandidate } from './candidate.js';

/**
 * Weights, chosen on LoCoMo conversations (turns, fraction recall) with gte-small: normalised scores at 0.6 : 0.4 beat
 * reciprocal ranks by 4 to 6 points of recall@10, flat from 0.5 to 0.7. A neighbour's share lifts what was said just before
 * or after a hit (5 to 7 points). Importance and age move a score by some per cent; they never decide alone.
 */
export interface FusionWeights {
  dense: number;
  lexical: number;
  neighbour: number;
  /** Importance 0 and 1 take and give half of this share. */
  importance: number;
  /** What is new gains this share, half of it after `recencyHalfLifeDays`. */
  recency: number;
  recencyHalfLifeDays: number;
}

export const defaultWeights: FusionWeights = {
  dense: 0.6,
  lexical: 0.4,
  neighbour: 0.5,
  importance: 0.2,
  recency: 0.05,
  recencyHalfLifeDays: 30,
};

const dayMs = 86_400_000;

/** Orders candidates, best first: fuse the legs, let neighbours share, then weigh. Ties go to the newer, then to the id. */
export function rank(candidates: Candidate[], now: number, weights = defaultWeights): RankedCandidate[] {
  const dense = normalise(candidates.map((candidate) => candidate.dense));
  const lexical = normalise(
    candidates.map((candidate) => (candidate.lexical > 0 ? candidate.lexical : null)),
    0,
  );
  const own = candidates.map((candidate, i) => {
    // A row that waits for its vector is judged by its words alone: "not measured" must not count as "unlike".
    if (candidate.dense === null) return (weights.dense + weights.lexical) * at(lexical, i);
    return weights.dense * at(dense, i) + weights.lexical * at(lexical, i);
  });
  const shared = bestNeighbours(candidates, own);
  const scored = candidates.map((candidate, i) => {
    const fused = at(own, i) + weights.neighbour * at(shared, i);
    const final = fused * weight(candidate, now, weights);
    return { ...candidate, scores: { dense: at(dense, i), lexical: at(lexical, i), fused, final } };
  });
  const denseRanks = places(candidates.map((candidate) => candidate.dense));
  const lexicalRanks = places(candidates.map(({ lexical }) => (lexical > 0 ? lexical : null)));
  const ranked = scored.map((candidate, i) => ({
    ...candidate,
    ranks: { dense: denseRanks[i] ?? null, lexical: lexicalRanks[i] ?? null, final: 0 },
  }));
  ranked.sort(
    (a, b) =>
      b.scores.final - a.scores.final ||
      b.createdAt.getTime() - a.createdAt.getTime() ||
      (a.rowId < b.rowId ? -1 : 1),
  );
  for (const [i, candidate] of ranked.entries()) candidate.ranks.final = i + 1;
  return ranked;
}

/**
 * Scales a leg's scores to 0..1, least to greatest. What the leg did not score is 0; scores that are all one are 1.
 * @param floor the least score a leg can give, where it has one
 */
export function normalise(scores: (number | null)[], floor?: number): number[] {
  const given = scores.filter((score) => score !== null);
  const least = floor ?? given.reduce((a, b) => Math.min(a, b), Infinity);
  const greatest = given.reduce((a, b) => Math.max(a, b), -Infinity);
  const range = greatest - least;
  return scores.map((score) => (score === null ? 0 : range > 0 ? (score - least) / range : 1));
}

/** For each candidate the better score of the rows before and after it, in its document or session; 0 without any. */
function bestNeighbours(candidates: Candidate[], scores: number[]): number[] {
  const byPlace = new Map(candidates.map((candidate, i) => [placeKey(candidate, 0), at(scores, i)]));
  return candidates.map((candidate) =>
    Math.max(byPlace.get(placeKey(candidate, -1) ?? '') ?? 0, byPlace.get(placeKey(candidate, 1) ?? '') ?? 0),
  );
}

function placeKey(candidate: Candidate, offset: number): string | undefined {
  const { documentId, position, session, sessionPosition } = candidate;
  if (documentId !== null) return JSON.stringify(['document', documentId, position + offset]);
  if (session === null || sessionPosition === null) return undefined;
  return JSON.stringify(['session', session, sessionPosition + offset]);
}

function weight({ importance, createdAt }: Candidate, now: number, weights: FusionWeights): number {
  const days = Math.max(0, now - createdAt.getTime()) / dayMs;
  const recency = weights.recency * 2 ** (-days / weights.recencyHalfLifeDays);
  return (1 + weights.importance * (importance - 0.5)) * (1 + recency);
}

/** Places by score, from 1; null where there is no score. */
function places(scores: (number | null)[]): (number | null)[] {
  const order = scores
    .flatMap((score, i) => (score === null ? [] : [{ score, i }]))
    .toSorted((a, b) => b.score - a.score || a.i - b.i);
  const result: (number | null)[] = scores.map(() => null);
  for (const [place, { i }] of order.entries()) result[i] = place + 1;
  return result;
}

const at = (numbers: number[], index: number): number => numbers[index] ?? 0;
