import {
  citationNumber,
  queryFromMessages,
  type NewReceipt,
  type ReceiptItem,
  type RecallResult,
} from '#context-memory';
import type { AttemptRecord, CompletionRequest } from '#llm-proxy';
import type { ForwardedCall } from './forwarded-call.js';

/** What came of asking memory; no result when it was not asked, or away. */
export interface RecallOutcome {
  result: RecallResult | undefined;
  degraded: string[];
  /** Asked for by the call, or the default. */
  minRelevance: number;
}

/** What the receipt of a call says before it is made: what was asked of memory, what came of it, and what was put in. */
export function receiptOf(
  id: string,
  call: ForwardedCall,
  { model, context, messages }: CompletionRequest,
  { result, degraded, minRelevance }: RecallOutcome,
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
    relevance: result?.relevance,
    minRelevance: result && minRelevance,
    decisions: result ? countDecisions(result) : {},
    items: result ? itemsOf(result) : [],
    degraded,
    attempts: [],
  };
}

const itemsOf = ({ context, packed }: RecallResult): ReceiptItem[] =>
  packed.map((item) => ({
    id: item.id,
    citation: citationNumber(context, packed, item),
    version: item.version,
    score: item.score,
    scores: item.scores,
    tokens: item.tokens,
    part: item.part,
  }));

/** How many candidates came to which end. */
function countDecisions({ explanation }: RecallResult): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of explanation.candidates) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
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
