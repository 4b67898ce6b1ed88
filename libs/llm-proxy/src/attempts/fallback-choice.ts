import { type ModelFacts, vendorOf } from './model-facts.js';

/** What the failures so far rule out, whoever comes next. */
export interface Ruling {
  /** The prompt did not fit into so many tokens; undefined while none failed for its length. */
  tooShort: number | undefined;
  /** Vendors that refused the content. */
  refusers: Set<string>;
}

/**
 * The model to try in the place of one that failed: the first, in the caller's order, that the failures do not rule out.
 * Where length is the trouble, one that is known to be larger goes before one of which nothing is known.
 *
 * @param candidates models not tried yet, in the order they are to be tried
 * @returns undefined when every one is ruled out
 */
export function chooseFallback(
  candidates: readonly string[],
  { tooShort, refusers }: Readonly<Ruling>,
  facts: ModelFacts,
): string | undefined {
  const welcome = candidates.filter((model) => !refusers.has(vendorOf(model)));
  if (tooShort === undefined) return welcome[0];
  const isLarger = (model: string) => (facts.contextLength(model) ?? 0) > tooShort;
  return welcome.find(isLarger) ?? welcome.find((model) => facts.contextLength(model) === undefined);
}
