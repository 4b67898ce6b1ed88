import type { RankedCandidate } from './candidate.js';
import { redundancyWeight } from './ranking.js';

/**
 * Lets what says the same again sink: maximal marginal relevance (Carbonell and Goldstein 1998, https://doi.org/10.1145/290941.291025)
 * in a form that multiplies. The best goes first; of the rest each loses a share of its score, by how many of its words the
 * one most like it above has, and so on. Likeness is that of words, not of vectors: "prefers dark mode" and "prefers light
 * mode" are 0.96 apart by cosine. Nothing is left out; only equal texts are, elsewhere.
 *
 * @param ranked best first
 * @param textOf what a candidate says; candidates without a text stay as they are, after the others
 */
export function diversify(
  ranked: RankedCandidate[],
  textOf: (candidate: RankedCandidate) => string | undefined,
  weight = redundancyWeight,
): RankedCandidate[] {
  const open = ranked.flatMap((candidate) => {
    const text = textOf(candidate);
    return text === undefined ? [] : [{ candidate, words: wordsOf(text), overlap: 0 }];
  });
  const worth = (row: (typeof open)[number]) => row.candidate.scores.final * (1 - weight * row.overlap);
  const chosen: RankedCandidate[] = [];
  while (open.length > 0) {
    // The first of the best: rows that are worth the same keep their order.
    const best = open.reduce((a, b) => (worth(b) > worth(a) ? b : a));
    open.splice(open.indexOf(best), 1);
    chosen.push({ ...best.candidate, scores: { ...best.candidate.scores, final: worth(best) } });
    for (const row of open) row.overlap = Math.max(row.overlap, overlapOf(best.words, row.words));
  }
  const others = ranked.filter((candidate) => textOf(candidate) === undefined);
  return [...chosen, ...others].map((row, i) => ({ ...row, ranks: { ...row.ranks, final: i + 1 } }));
}

const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));

/** Jaccard's: words they share, of all the words of either; 0 to 1. */
function overlapOf(a: Set<string>, b: Set<string>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const word of few) if (many.has(word)) shared++;
  return shared === 0 ? 0 : shared / (a.size + b.size - shared);
}
