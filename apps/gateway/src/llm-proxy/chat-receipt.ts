import { queryFromMessages, type NewReceipt, type RecallResult } from '#context-memory';
import type { AttemptRecord, CompletionRequest } from '#llm-proxy';
import type { ForwardedCall } from './forwarded-call.js';

/** What the receipt of a call says before it is made: what was asked of memory, what came of it, and what was put in. */
export function receiptOf(
  id: string,
  call: ForwardedCall,
  { model, context, messages }: CompletionRequest,
  result: RecallResult | undefined,
  degraded: string[],
): NewReceipt {
  return {
    id,
    workspaceId: call.caller.workspaceId,
    requestId: call.requestId,
    model,
    session: context?.session,
    query: result && queryFromMessages([...messages]),
    tokenBudget: context?.tokenBudget,
    tokens: result?.context.tokens ?? 0,
    items: (result?.packed ?? []).map((item) => ({
      id: item.id,
      version: item.version,
      score: item.score,
      scores: item.scores,
      tokens: item.tokens,
      part: item.part,
    })),
    degraded,
    attempts: [],
  };
}

/** The attempts as receipts show them. */
export const attemptsOf = (attempts: readonly AttemptRecord[]): object[] =>
  attempts.map(({ model, outcome, kind, statusCode, latencyMs, generationId }) => ({
    model,
    outcome,
    kind: kind ?? null,
    status_code: statusCode ?? null,
    latency_ms: Math.round(latencyMs),
    generation_id: generationId ?? null,
  }));
