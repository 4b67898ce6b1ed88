import type { Candidate, RankedCandidate } from './candidate.js';
import { placeOf } from './place.js';
import { type RankingWeights, rankingWeights } from './ranking.js';

const dayMs = 86_400_000;

/**
 * Orders candidates, best first: fuse the legs, let neighbours share, then weigh. Ties go to the newer, then to the id.
 * @param asOf the time that age is counted from, in milliseconds since 1970
 */
export function rank(candidates: Candidate[], asOf: number, weights = rankingWeights): RankedCandidate[] {
  const rows = fuse(candidates, weights);
  share(rows, weights);
  weigh(rows, asOf, weights);
  rows.sort(
    (a, b) =>
      b.scores.final - a.scores.final ||
      b.createdAt.getTime() - a.createdAt.getTime() ||
      (a.rowId < b.rowId ? -1 : 1),
  );
  for (const [i, { ranks }] of rows.entries()) ranks.final = i + 1;
  return rows;
}

/** Makes the scores of the legs comparable, and adds them. */
function fuse(candidates: Candidate[], weights: RankingWeights): RankedCandidate[] {
  const scaleDense = scaleOf(candidates.map(denseOf));
  const scaleLexical = scaleOf(candidates.map(lexicalOf), 0);
  const scaleWords = scaleOf(candidates.map(wordsOf), 0);
  const rows = candidates.map((candidate) => {
    const dense = scaleDense(denseOf(candidate));
    const lexical = scaleLexical(lexicalOf(candidate));
    // A row that waits for its vector is judged by its words alone: "not measured" must not count as "unlike".
    const denseOrWords = candidate.dense === null ? lexical : dense;
    const fused = weights.dense * denseOrWords + weights.lexical * lexical;
    const ranks: RankedCandidate['ranks'] = { dense: null, lexical: null, final: 0 };
    const words = scaleWords(wordsOf(candidate));
    return { ...candidate, scores: { dense, words, lexical, fused, final: 0 }, ranks };
  });
  for (const [i, { ranks }] of foundBy(denseOf, rows).entries()) ranks.dense = i + 1;
  for (const [i, { ranks }] of foundBy(lexicalOf, rows).entries()) ranks.lexical = i + 1;
  return rows;
}

/** What a leg gave a candidate; null when it did not find it. */
type ScoreOf = (candidate: Candidate) => number | null;
const denseOf: ScoreOf = ({ dense }) => dense;
const lexicalOf: ScoreOf = ({ lexical }) => (lexical > 0 ? lexical : null);
const wordsOf: ScoreOf = ({ words }) => (words > 0 ? words : null);

/** What a leg found, best first. */
const foundBy = <T extends Candidate>(scoreOf: ScoreOf, rows: T[]): T[] =>
  rows.filter((row) => scoreOf(row) !== null).toSorted((a, b) => (scoreOf(b) ?? 0) - (scoreOf(a) ?? 0));

/**
 * How a leg's scores go to 0..1, least to greatest. What the leg did not score is 0; scores that are all one are 1.
 * @param floor the least score a leg can give, where it has one
 */
export function scaleOf(scores: (number | null)[], floor?: number): (score: number | null) => number {
  const given = scores.filter((score) => score !== null);
  const least = floor ?? given.reduce((a, b) => Math.min(a, b), Infinity);
  const range = given.reduce((a, b) => Math.max(a, b), -Infinity) - least;
  return (score) => (score === null ? 0 : range > 0 ? (score - least) / range : 1);
}

/** Gives each row a share of the better of the rows before and after it, in its document or session. */
function share(rows: RankedCandidate[], weights: RankingWeights): void {
  const own = new Map(rows.map((row) => [placeOf(row, 0), row.scores.fused]));
  const scoreAt = (place: string | undefined) => (place === undefined ? 0 : (own.get(place) ?? 0));
  for (const row of rows) {
    const weight = row.documentId === null ? weights.neighbour : weights.part;
    row.scores.fused += weight * Math.max(scoreAt(placeOf(row, -1)), scoreAt(placeOf(row, 1)));
  }
}

/** Lets importance and age move the score. */
function weigh(rows: RankedCandidate[], asOf: number, weights: RankingWeights): void {
  for (const { importance, createdAt, scores } of rows) {
    const days = Math.max(0, asOf - createdAt.getTime()) / dayMs;
    const recency = weights.recency * 2 ** (-days / weights.recencyHalfLifeDays);
    scores.final = scores.fused * (1 + weights.importance * (importance - 0.5)) * (1 + recency);
  }
}
