import { queryFromMessages, type NewReceipt, type RecallResult } from '#context-memory';
import type { CompletionRequest } from '#llm-proxy';
import type { ForwardedCall } from './forwarded-call.js';

/** What the receipt of a call says: what was asked of memory, what came of it, and what was put in. */
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
