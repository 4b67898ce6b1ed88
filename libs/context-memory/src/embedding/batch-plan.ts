import { estimateTokens } from '#common';

/** Texts in one run of the model: beyond this nothing is gained. */
const maxTexts = 32;
/** Tokens in one run, padding included: about 0.1 s of one core, which a query may have to wait. Longer runs are no faster. */
const maxTokens = 256;

/**
 * Cuts texts into batches for the model, as lists of indexes. Texts of like length go together, as a batch is padded to its
 * longest; a batch is at most 32 texts and, unless it is one text alone, about 256 tokens.
 */
export function planBatches(texts: readonly string[]): number[][] {
  const byLength = texts
    .map((text, index) => ({ index, tokens: estimateTokens(text) }))
    .toSorted((a, b) => a.tokens - b.tokens);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const { index, tokens } of byLength) {
    if (batch.length === maxTexts || (batch.length > 0 && (batch.length + 1) * tokens > maxTokens)) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
