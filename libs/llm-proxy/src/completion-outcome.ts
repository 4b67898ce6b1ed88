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
  /** `none`: nothing is owed. The upstream never took the call, or generated nothing and gave no reason. */
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
 * What a call is settled by. The provider's count when it gave one; else our own of the prompt and of what was seen. In an
 * answer that did not come to its end, a provider's count beside generated text is a running total (some send one with each
 * chunk, from zero, and a chunk late), not the last word: what was seen may be more, and the upstream's own record will tell.
 */
export function settledUsage(
  tap: CompletionTap,
  promptTokens: number,
  status: CompletionStatus,
): CompletionUsage {
  if (isInsured(tap, status)) return nothingOwed;
  const { usage, text, otherText, finishReason } = tap;
  const isFinished = status === 'completed' || (finishReason !== undefined && finishReason !== 'error');
  if (usage !== undefined && (isFinished || text + otherText === '')) return { ...usage, source: 'provider' };
  const seen = countOrEstimateTokens(text) + countOrEstimateTokens(otherText);
  return {
    promptTokens,
    completionTokens: Math.max(seen, usage?.completionTokens ?? 0),
    source: 'estimated',
  };
}

/** What a call owes that the upstream never took. */
export const nothingOwed: CompletionUsage = { promptTokens: 0, completionTokens: 0, source: 'none' };

/**
 * OpenRouter bills no answer that is empty and ends for no reason, or for an error ("zero completion insurance"); nor do we.
 * One that the client left is not known to be such: the upstream's own record of it will tell.
 */
function isInsured(
  { usage, text, otherText, finishReason }: CompletionTap,
  status: CompletionStatus,
): boolean {
  const isEmpty = text + otherText === '' && (usage?.completionTokens ?? 0) === 0;
  const isOver = status === 'completed' || status === 'failed';
  return isEmpty && isOver && (finishReason === undefined || finishReason === 'error');
}

/** What the provider named, unless it stood beside counts that were not believed. USD, a plain decimal. */
export const settledCost = (
  { usage, cost }: CompletionTap,
  { source }: CompletionUsage,
): string | undefined => (usage !== undefined && source === 'estimated' ? undefined : cost);
