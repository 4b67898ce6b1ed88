import { isJsonObject, numberOf, type JsonObject } from '#common';

/** Tokens of one call as the provider counted them. */
export interface TokenUsage {
  promptTokens: number;
  completionTokens: number;
  /** Of the prompt's, those that the provider had in its cache; absent when it does not say. */
  cachedTokens?: number;
}

/** The largest sum that is believed, in USD; more is a fault of the upstream, and no ledger's row takes it. */
const mostCost = 1e9;

/**
 * The largest count that is believed: a hundred times the largest window there is. More is a fault of the upstream, and would
 * eat a workspace's day in one call.
 */
const mostTokens = 1e9;

/** True when the answer or chunk says anything of usage: `usage: null` says nothing. */
export const reportsUsage = (body: JsonObject): boolean => isJsonObject(body['usage']);

/**
 * Usage of an answer or a chunk, undefined when it has none. Zero is a count, not a gap: a cached answer costs nothing.
 * Embeddings have no completion, so `total_tokens` fills in for a missing count.
 */
export function usageIn(body: JsonObject): TokenUsage | undefined {
  const usage = body['usage'];
  if (!isJsonObject(usage)) return undefined;
  const promptTokens = count(usage['prompt_tokens']);
  if (promptTokens === undefined) return undefined;
  const total = count(usage['total_tokens']) ?? promptTokens;
  const details = usage['prompt_tokens_details'];
  const cachedTokens = isJsonObject(details) ? count(details['cached_tokens']) : undefined;
  return {
    promptTokens,
    completionTokens: count(usage['completion_tokens']) ?? Math.max(0, total - promptTokens),
    ...(cachedTokens !== undefined && { cachedTokens }),
  };
}

/** OpenRouter's `usage.cost` (USD) as a decimal without exponent, ready for a numeric column. */
export function costIn(body: JsonObject): string | undefined {
  const usage = body['usage'];
  const cost = isJsonObject(usage) ? numberOf(usage['cost']) : undefined;
  return cost === undefined || cost < 0 || cost >= mostCost ? undefined : decimalText(cost);
}

/** Shortest decimal that is this number; exponents (below 1e-6) are written out to 20 places. */
export function decimalText(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text;
}

function count(value: unknown): number | undefined {
  const isCount = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < mostTokens;
  return isCount ? value : undefined;
}
