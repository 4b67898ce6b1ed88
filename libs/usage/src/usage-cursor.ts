import { InvalidRequestError, parseJson, parseTime } from '#common';

/** Where a page of a report ends: what its last row is cut by. */
export type UsagePosition = [bucket: string, keyId: string, model: string, status: string];

/** The position as callers carry it. */
export const toUsageCursor = (position: UsagePosition): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/** @throws InvalidRequestError for a text that {@link toUsageCursor} did not make */
export function parseUsageCursor(cursor: string): UsagePosition {
  const value = parseJson(Buffer.from(cursor, 'base64url').toString());
  if (isPosition(value)) return value;
  throw new InvalidRequestError('This cursor does not come from this list', 'cursor');
}

const isPosition = (value: unknown): value is UsagePosition =>
  Array.isArray(value) &&
  value.length === 4 &&
  value.every((part) => typeof part === 'string' && !part.includes('\0')) &&
  parseTime(String(value[0])) !== undefined;
