import { newId } from '#common';
import type { UsageEvent } from '#queues';

/** An event as a settled call leaves it. */
export const usageEvent = (change: Partial<UsageEvent> = {}): UsageEvent => ({
  id: newId(),
  workspaceId: newId(),
  keyId: '0123456789abcdef',
  requestId: 'request',
  operation: 'chat',
  model: 'demo/echo',
  status: 'completed',
  statusCode: 200,
  promptTokens: 10,
  completionTokens: 5,
  contextTokens: 2,
  cost: '0.0000000001',
  source: 'provider',
  latencyMs: 12.5,
  generationId: 'gen-1',
  receiptId: null,
  createdAt: new Date().toISOString(),
  ...change,
});
