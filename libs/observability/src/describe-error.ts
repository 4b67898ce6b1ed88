/** What a log says of an error. */
interface DescribedError {
  type: string;
  message: string;
  stack?: string;
  code?: string;
  cause?: DescribedError;
}

/**
 * An error for the log: what it is, says, and where it was made. Nothing else of it, because errors carry what was at hand
 * when they were made: TypeORM's hold the statement's parameters, which are the tenants' texts.
 */
export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const cause = error.cause instanceof Error ? describeError(error.cause) : undefined;
  return { type: error.name, message: error.message, stack: error.stack, code, cause };
}
