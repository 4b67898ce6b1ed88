import type { AskedWords } from './asked-terms.js';
import { averageLength, bm25 } from './bm25.js';
import type { Candidate } from './candidate.js';
import type { Hit } from './candidates.repository.js';
import { placeOf } from './place.js';
import type { WordSettings } from './ranking.js';
import type { TermFrequencies } from './term.repository.js';

/**
 * Scores candidates by their words: BM25 of each row, and of each turn together with the turn before it, because answers
 * are found by the words of their question ("Where did you buy it?" "In Lisbon."). The words of the turn before count
 * `previous` of their own, and a window's length is measured against that of an average window.
 */
export function scoreWords(
  hits: Hit[],
  found: Map<string, TermFrequencies>,
  asked: AskedWords,
  settings: WordSettings,
): Candidate[] {
  const average = averageLength(asked.corpus);
  const turns = new Map(hits.flatMap((row) => (isTurn(row) ? [[placeOf(row, 0), row]] : [])));
  const score = (own: TermFrequencies, before: TermFrequencies | undefined, share: number) => {
    const length = own.length + share * (before?.length ?? 0);
    const relativeLength = length / (average * (before ? 1 + share : 1));
    return asked.terms.reduce((sum, { weight }, i) => {
      const frequency = (own.frequencies[i] ?? 0) + share * (before?.frequencies[i] ?? 0);
      return frequency > 0 ? sum + weight * bm25(frequency, relativeLength, settings) : sum;
    }, 0);
  };
  // How long a row is stands beside its terms; one that has none is taken to be as long as others are.
  const termsOf = ({ rowId }: Hit) => found.get(rowId) ?? { length: average, frequencies: [] };
  return hits.map((row) => {
    const before = isTurn(row) ? turns.get(placeOf(row, -1)) : undefined;
    const words = score(termsOf(row), undefined, 0);
    return {
      ...row,
      words,
      lexical: before ? score(termsOf(row), termsOf(before), settings.previous) : words,
    };
  });
}

const isTurn = ({ documentId, session }: Hit): boolean => documentId === null && session !== null;
