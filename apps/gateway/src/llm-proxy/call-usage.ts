import { GatewayError } from '#common';
import type { CatalogueModel, CompletionOutcome } from '#llm-proxy';
import type { EmbeddingsAnswer } from '#openrouter';
import type { CallUsage } from '#queues';
import { costOf, type PricedTokens } from '#usage';
import type { ForwardedCall } from './forwarded-call.js';

/** What the ledger is told of a call before anything is known of its end. */
export interface CallFacts {
  requestId: string;
  operation: CallUsage['operation'];
  model: string;
  contextTokens: number;
  receiptId: string | null;
  /** Milliseconds of performance.now(). */
  startedAt: number;
}

/** Where the price of a model is looked up when the provider named no cost. */
export interface PriceList {
  find(model: string): Pick<CatalogueModel, 'pricing'> | undefined;
}

/** The facts of a call that begins now. */
export const factsOf = (
  { requestId }: Pick<ForwardedCall, 'requestId'>,
  operation: CallFacts['operation'],
  model: string,
): CallFacts => ({
  requestId,
  operation,
  model,
  contextTokens: 0,
  receiptId: null,
  startedAt: performance.now(),
});

/** The ledger's view of a chat call that reached the client. */
export function usageOf(facts: CallFacts, outcome: CompletionOutcome, prices: PriceList): CallUsage {
  const isOwed = outcome.usage.source !== 'none';
  return {
    ...base(facts),
    model: outcome.model,
    // For the ledger a stream that died is a failure, whoever killed it.
    status: outcome.status === 'cut' ? 'failed' : outcome.status,
    statusCode: outcome.statusCode,
    promptTokens: outcome.usage.promptTokens,
    completionTokens: outcome.usage.completionTokens,
    cost: outcome.cost ?? (isOwed ? listedCost(prices, outcome.model, outcome.usage) : null),
    source: outcome.usage.source,
    generationId: outcome.generationId ?? null,
  };
}

/** The ledger's view of embeddings that reached the client. @param counted our count of the input, for an upstream that gives none */
export function usageOfEmbeddings(
  facts: CallFacts,
  answer: Pick<EmbeddingsAnswer, 'model' | 'usage' | 'cost'>,
  counted: number,
  prices: PriceList,
): CallUsage {
  const model = answer.model ?? facts.model;
  const promptTokens = answer.usage?.promptTokens ?? counted;
  return {
    ...base(facts),
    model,
    status: 'completed',
    statusCode: 200,
    promptTokens,
    completionTokens: 0,
    cost: answer.cost ?? listedCost(prices, model, { promptTokens, completionTokens: 0 }),
    source: answer.usage ? 'provider' : 'estimated',
    generationId: null,
  };
}

/** The ledger's view of a call that failed before anything was sent: nothing is owed. */
export function usageOfFailure(facts: CallFacts, error: unknown): CallUsage {
  return {
    ...base(facts),
    status: 'failed',
    statusCode: error instanceof GatewayError ? error.httpStatus : 500,
    promptTokens: 0,
    completionTokens: 0,
    cost: null,
    source: 'none',
    generationId: null,
  };
}

/** USD by the upstream's price list; null for a model or a price that it does not know. */
const listedCost = (prices: PriceList, model: string, tokens: PricedTokens): string | null =>
  costOf(prices.find(model)?.pricing, tokens) ?? null;

const base = ({ startedAt, ...facts }: CallFacts) => ({
  ...facts,
  latencyMs: Math.round(performance.now() - startedAt),
});
