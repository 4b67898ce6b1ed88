import { countOrEstimateTokens, type GatewayError } from '#common';
import type { CompletionTap } from '#openrouter';

/**
 * How a call ended. `cut`: the upstream died or went silent mid-stream; `failed`: it said so itself, mid-stream;
 * `cancelled`: the client left. Failures before anything was sent are thrown instead.
 */
export type CompletionStatus = 'completed' | 'cancelled' | 'cut' | 'failed';

/** Tokens that a call is settled by, and who counted them. */
export interface CompletionUsage {
  promptTokens: number;
  completionTokens: number;
  /** Of the prompt's, those that the provider had in its cache; absent when it does not say. */
  cachedTokens?: number;
  /** `none`: the upstream never took the call, nothing is owed. */
  source: 'provider' | 'estimated' | 'none';
}

/** What settling, the ledger, the log and memory need to know of a call. */
export interface CompletionOutcome {
  status: CompletionStatus;
  /** What the caller was answered with; 499 when it left before that. */
  statusCode: number;
  /** As the upstream named it, else as it was asked for. */
  model: string;
  generationId: string | undefined;
  usage: CompletionUsage;
  /** USD, a plain decimal; only when the provider named it. */
  cost: string | undefined;
  /** What the assistant said, ready to be stored. */
  text: string;
  finishReason: string | undefined;
  firstChunkMs: number | undefined;
  latencyMs: number;
  error: GatewayError | undefined;
}

/**
 * What a call is settled by. The provider's count when it gave one; else our own of the prompt and of what was seen.
 *
 * @param isWhole the answer came to its end. In one that did not, a provider's count of zero beside generated text is a
 *   running total that never got further (some send one with each chunk), not a free answer.
 */
export function settledUsage(tap: CompletionTap, promptTokens: number, isWhole: boolean): CompletionUsage {
  const { usage, text, otherText } = tap;
  const isCounted = usage !== undefined && (isWhole || usage.completionTokens > 0 || text + otherText === '');
  if (isCounted) return { ...usage, source: 'provider' };
  const completionTokens = countOrEstimateTokens(text) + countOrEstimateTokens(otherText);
  return { promptTokens, completionTokens, source: 'estimated' };
}

/** What the provider named, unless it stood beside counts that were not believed. USD, a plain decimal. */
export const settledCost = (
  { usage, cost }: CompletionTap,
  { source }: CompletionUsage,
): string | undefined => (usage !== undefined && source === 'estimated' ? undefined : cost);
