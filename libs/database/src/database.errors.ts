import { UnavailableError } from '#common';

/** 503 with Retry-After: PostgreSQL is restarting, full, or cannot be reached. Nothing was half-written. */
export class DatabaseUnavailableError extends UnavailableError {
  constructor(cause: unknown) {
    super('The database is not available right now', 'database_unavailable', cause);
  }
}

// Class 08: connection trouble. 57P0x: shutdown and crash. 57014: our own statement time-out. 53xxx: out of connections,
// memory or disk. 25P03: idle in transaction.
const awaySqlStates = /^(08|53|57P|57014|25P03)/;
const awayNodeCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);
const awayMessages =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Driver not Connected|Query runner already released|Query read timeout/i;

/** Serialization failure and deadlock: the transaction was rolled back for another's sake and may simply be run again. */
const repeatableSqlStates = new Set(['40001', '40P01']);

/** True when a row that a unique index forbids was to be written. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505';

/** True when the same transaction may succeed if it is run again. */
export const isRepeatable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && repeatableSqlStates.has(String(error.code));

/** True when an error says that the database is away, not that the statement was wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return awaySqlStates.test(code) || awayNodeCodes.has(code) || awayMessages.test(error.message);
}
