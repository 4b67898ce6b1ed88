import {
  citationNumber,
  type NewReceipt,
  queryFromMessages,
  type RecallResult,
  type ReceiptItem,
  type ReceiptSummary,
} from '#context-memory';
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

/** What came of it. */
interface PutIn {
  /** Of all that was put in. */
  tokens: number;
  /** Asked for by the call, or the default. */
  minRelevance: number;
}

/** What the receipt of a call says before it is made: what was asked of memory, what came of it, and what was put in. */
export function receiptOf(
  id: string,
  call: ForwardedCall,
  { model, context, messages }: CompletionRequest,
  { set, recall, degraded, tokens, minRelevance }: FoundContext & PutIn,
): NewReceipt {
  return {
    id,
    workspaceId: call.caller.workspaceId,
    requestId: call.requestId,
    model,
    session: context?.session,
    query: recall && queryFromMessages([...messages]),
    tokenBudget: context?.tokenBudget,
    workingSet: set && { id: set.set.id, version: set.set.version, summary: summaryOf(set) },
    tokens,
    relevance: recall?.relevance,
    minRelevance: recall && minRelevance,
    decisions: recall ? countDecisions(recall) : {},
    items: [...(set ? itemsOfSet(set) : []), ...(recall ? itemsOf(recall) : [])],
    degraded,
    attempts: [],
  };
}

const summaryOf = ({ summary }: ChatSet): ReceiptSummary | undefined =>
  summary && {
    made_at: summary.madeAt.toISOString(),
    model: summary.model,
    tokens: summary.tokens,
    usage_event_id: summary.usageEventId,
  };

const itemsOfSet = ({ block, packed }: ChatSet): ReceiptItem[] =>
  packed.map((item) => ({
    id: item.id,
    citation: citationNumber(block, packed, item),
    version: item.version,
    score: item.value,
    tokens: item.weight,
    part: item.part,
  }));

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
