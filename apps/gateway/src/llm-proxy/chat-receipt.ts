import { type NewReceipt, queryFromMessages, type RecallResult } from '#context-memory';
import type { AttemptRecord, CompletionRequest } from '#llm-proxy';
import type { ChatSet } from './chat-working-set.js';
import type { ForwardedCall } from './forwarded-call.js';

/** What memory had for a call. */
export interface FoundContext {
  set?: ChatSet;
  recall?: RecallResult;
  /** What was away: `working_set`, `recall`, `dense`. */
  degraded: string[];
}

/** What the receipt of a call says before it is made: what was asked of memory, what came of it, and what was put in. */
export function receiptOf(
  id: string,
  call: ForwardedCall,
  { model, context, messages }: CompletionRequest,
  { set, recall, degraded, tokens }: FoundContext & { tokens: number },
): NewReceipt {
  return {
    id,
    workspaceId: call.caller.workspaceId,
    requestId: call.requestId,
    model,
    session: context?.session,
    query: recall && queryFromMessages([...messages]),
    tokenBudget: context?.tokenBudget,
    workingSet: set && { id: set.set.id, version: set.set.version },
    tokens,
    items: [...(set?.packed ?? []).map(ofSet), ...(recall?.packed ?? []).map(ofRecall)],
    degraded,
    attempts: [],
  };
}

const ofSet = ({ id, version, value, weight, part }: ChatSet['packed'][number]) => ({
  id,
  version,
  score: value,
  tokens: weight,
  part,
});

const ofRecall = ({ id, version, score, scores, tokens, part }: RecallResult['packed'][number]) => ({
  id,
  version,
  score,
  scores,
  tokens,
  part,
});

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
