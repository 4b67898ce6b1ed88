/** Saturation of a term's frequency, and how much a text's length counts: chosen like the weights, see ranking.ts. */
export interface Bm25Settings {
  k1: number;
  b: number;
}

/** What is known of a workspace's texts as a whole. */
export interface Corpus {
  items: number;
  /** Words of all items together. */
  length: number;
}

/** Words of an average item, at least one. */
export const averageLength = ({ items, length }: Corpus): number => Math.max(1, length / Math.max(1, items));

/**
 * How much a term tells, by how few items have it. The form of Lucene: never negative, unlike Robertson's.
 * @param items that have the term
 */
export const inverseDocumentFrequency = (corpus: Corpus, items: number): number =>
  Math.log(1 + (corpus.items - items + 0.5) / (items + 0.5));

/**
 * One term's share of a text's score: Okapi BM25 (Robertson and Zaragoza 2009, https://doi.org/10.1561/1500000019).
 * @param frequency of the term in the text; counts may be fractions
 * @param relativeLength of the text, 1 for the average
 */
export const bm25 = (frequency: number, relativeLength: number, { k1, b }: Bm25Settings): number =>
  (frequency * (k1 + 1)) / (frequency + k1 * (1 - b + b * relativeLength));

/** The same as SQL, whose own numbers would be decimal ones, which are slow. @param frequency, relativeLength of double precision */
export const bm25Sql = (frequency: string, relativeLength: string, { k1, b }: Bm25Settings): string => {
  const [saturation, rise, base, slope] = [k1, k1 + 1, 1 - b, b].map((n) => `'${n}'::double precision`);
  return `(${frequency} * ${rise} / (${frequency} + ${saturation} * (${base} + ${slope} * ${relativeLength})))`;
};
