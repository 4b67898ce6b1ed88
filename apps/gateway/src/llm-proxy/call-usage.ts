import { GatewayError } from '#common';
import type { CompletionOutcome } from '#llm-proxy';
import type { CallUsage } from '#queues';

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

/** The ledger's view of a call that reached the client. */
export function usageOf(facts: CallFacts, outcome: CompletionOutcome): CallUsage {
  return {
    ...base(facts),
    model: outcome.model,
    // For the ledger a stream that died is a failure, whoever killed it.
    status: outcome.status === 'cut' ? 'failed' : outcome.status,
    statusCode: outcome.statusCode,
    promptTokens: outcome.usage.promptTokens,
    completionTokens: outcome.usage.completionTokens,
    cost: outcome.cost ?? null,
    source: outcome.usage.source,
    generationId: outcome.generationId ?? null,
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

function base({ startedAt, ...facts }: CallFacts): CallFactsInLedger {
  return { ...facts, latencyMs: Math.round(performance.now() - startedAt) };
}

type CallFactsInLedger = Omit<CallFacts, 'startedAt'> & { latencyMs: number };
