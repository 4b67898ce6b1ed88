/** What is known of a list that an upstream gave, and of the one it would replace. */
export interface ListComparison {
  /** Models in the list that is believed now; 0 when there is none. */
  known: number;
  /** Models in the new one. */
  listed: number;
  /** Milliseconds since a list was last believed. */
  ageMs: number;
}

/** `good`: believe it; `empty` and `shrunk`: keep what there is. */
export type ListVerdict = 'good' | 'empty' | 'shrunk';

/** In a list of few, a model or two more or less is no sign of anything. */
const fewModels = 20;
const dayMs = 86_400_000;

/**
 * Whether a list may replace the one that is known. An upstream that is half broken answers 200 with a part of its list, and
 * prices and windows would vanish with the rest of it. A list that stays short for a day is the truth; one without any model
 * never is.
 */
export function judgeList({ known, listed, ageMs }: ListComparison): ListVerdict {
  if (known === 0) return 'good';
  if (listed === 0) return 'empty';
  const hasLostMost = known >= fewModels && listed * 2 < known;
  return hasLostMost && ageMs < dayMs ? 'shrunk' : 'good';
}
