import { isId, parseTime } from '#common';
import type { UsageEvent } from '#queues';

const operations = new Set<unknown>(['chat', 'embeddings']);
const statuses = new Set<unknown>(['completed', 'failed', 'cancelled']);
const sources = new Set<unknown>(['provider', 'generation', 'estimated', 'none']);

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isIdText = (value: unknown): boolean => isText(value) && isId(value);
const isAbsent = (value: unknown): boolean => value === null || value === undefined;

/** What each field must be, so that a row of it fits the table. */
const checks: Record<keyof UsageEvent, (value: unknown) => boolean> = {
  id: isIdText,
  workspaceId: isIdText,
  keyId: isText,
  requestId: isText,
  operation: (value) => operations.has(value),
  model: isText,
  status: (value) => statuses.has(value),
  statusCode: isCount,
  promptTokens: isCount,
  completionTokens: isCount,
  contextTokens: isCount,
  cost: (value) => isAbsent(value) || (isText(value) && /^\d{1,9}(\.\d+)?$/.test(value)),
  source: (value) => sources.has(value),
  latencyMs: (value) => typeof value === 'number' && value >= 0,
  generationId: (value) => isAbsent(value) || isText(value),
  receiptId: (value) => isAbsent(value) || isIdText(value),
  createdAt: (value) => isText(value) && parseTime(value) !== undefined,
};

const isUsageEvent = (value: unknown): value is UsageEvent =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(checks).every(([field, check]) => check(Reflect.get(value, field)));

/** Reads an event as it stands on the stream or in a spool file; undefined for what is none. */
export function parseUsageEvent(json: string | undefined): UsageEvent | undefined {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return isUsageEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
