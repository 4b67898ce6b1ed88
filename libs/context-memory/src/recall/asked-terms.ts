import { type Corpus, inverseDocumentFrequency } from './bm25.js';

/** A term of a question, and how the workspace uses it. */
export interface CountedTerm {
  term: string;
  /** A word as it was written, where that is not its stem. */
  exact: boolean;
  /** Items that have it. */
  items: number;
}

/** A term with what it is worth. */
export interface AskedTerm {
  term: string;
  /** Inverse document frequency, less for a word as it was written. */
  weight: number;
  items: number;
}

/** The words of a question, as the lexical leg looks for them. */
export interface AskedWords {
  corpus: Corpus;
  /** Rarest first; each is in some item, and those that are not looked up in no more than half of the items. */
  terms: AskedTerm[];
  /** How many of the terms, from the first, are looked up; the others only add to what was found. */
  looked: number;
}

/** What all terms of a question are worth together, those that no item has included: what a text that said it all would have. */
export const worthOf = (counted: CountedTerm[], corpus: Corpus, exactWeight: number): number =>
  counted.reduce(
    (sum, { items, exact }) => sum + inverseDocumentFrequency(corpus, items) * (exact ? exactWeight : 1),
    0,
  );

/** Postings read for one question: some milliseconds' worth, in a workspace of any size. */
export const maxPostings = 3_000;

/**
 * Orders a question's terms, rarest first, and bounds what is read for them: a term that half of the items have tells little and
 * costs most, so that it counts only where there is time to look it up.
 */
export function askedWords(counted: CountedTerm[], corpus: Corpus, exactWeight: number): AskedWords {
  const terms = counted
    .filter(({ items }) => items > 0)
    .map(({ term, exact, items }) => ({
      term,
      items,
      weight: inverseDocumentFrequency(corpus, items) * (exact ? exactWeight : 1),
    }))
    .toSorted((a, b) => a.items - b.items || (a.term < b.term ? -1 : 1));
  let read = 0;
  const tooMuch = terms.findIndex(({ items }, i) => (read += items) > maxPostings && i > 0);
  const looked = tooMuch === -1 ? terms.length : tooMuch;
  return { corpus, terms: terms.filter(({ items }, i) => i < looked || items <= corpus.items / 2), looked };
}
