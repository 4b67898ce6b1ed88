import { isJsonObject, type JsonObject, numberOf, stringOf } from '#common';
import { type Decimal, isLess, parseDecimal, plus, printDecimal, times } from './decimal.js';

/** Tokens of a call, as far as they have a price of their own. */
export interface PricedTokens {
  readonly promptTokens: number;
  /** Of the prompt's, those that the provider had in its cache. */
  readonly cachedTokens?: number;
  readonly completionTokens: number;
}

/** USD; what is beyond is no price but a fault of the list, and no ledger's row takes it. */
const most: Decimal = { units: 1_000_000_000n, scale: 0 };
const nothing: Decimal = { units: 0n, scale: 0 };

/**
 * What a call costs by OpenRouter's price list, exactly.
 *
 * @param pricing a model's `pricing`: decimal strings, USD for one token (`prompt`, `completion`, `input_cache_read`) or call
 *   (`request`), and `overrides` of them for long prompts
 * @returns US dollars, a plain decimal; undefined where the list does not say, which is no reason to guess
 */
export function costOf(pricing: unknown, tokens: PricedTokens): string | undefined {
  if (!isJsonObject(pricing) || hasMoreToIt(pricing)) return undefined;
  const prices = Object.assign({}, pricing, ...overridesFor(pricing, tokens.promptTokens));
  const [prompt, completion] = [priceIn(prices, 'prompt'), priceIn(prices, 'completion')];
  const request = priceIn(prices, 'request', nothing);
  const cacheRead = priceIn(prices, 'input_cache_read', prompt);
  if (!prompt || !completion || !request || !cacheRead) return undefined;
  const cached = Math.min(tokens.cachedTokens ?? 0, tokens.promptTokens);
  const cost = [
    times(prompt, tokens.promptTokens - cached),
    times(cacheRead, cached),
    times(completion, tokens.completionTokens),
  ].reduce(plus, request);
  return isLess(cost, most) ? printDecimal(cost) : undefined;
}

/** A discount, or prices by the time of day: then the price is not in the strings alone. */
const hasMoreToIt = (pricing: JsonObject): boolean =>
  (numberOf(pricing['discount']) ?? 0) !== 0 ||
  overridesIn(pricing).some((entry) => 'utc_start' in entry || 'utc_end' in entry);

const overridesIn = ({ overrides }: JsonObject): JsonObject[] =>
  Array.isArray(overrides) ? overrides.filter(isJsonObject) : [];

/** Those of prompts this long; of several the last wins, price by price. */
const overridesFor = (pricing: JsonObject, promptTokens: number): JsonObject[] =>
  overridesIn(pricing).filter((entry) => promptTokens >= (numberOf(entry['min_prompt_tokens']) ?? 0));

/** @returns `absent` when the list does not name it; undefined when it names something that is no price, `-1` for "it depends" */
function priceIn(prices: JsonObject, name: string, absent?: Decimal): Decimal | undefined {
  const value = prices[name];
  return value === undefined || value === null ? absent : parseDecimal(stringOf(value) ?? '');
}
