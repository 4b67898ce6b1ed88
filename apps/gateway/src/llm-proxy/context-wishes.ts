import { InsufficientScopeError, missingScope, type Caller, type Scope } from '#auth';
import { contextOptionsInHeaders, type CompletionRequest, type ContextOptions } from '#llm-proxy';

/**
 * Whoever speaks of context wants recall, unless it says no, or names a working set and does not say yes; whoever does not gets
 * a plain proxy.
 */
export const asksForRecall = (context: ContextOptions | undefined): boolean =>
  context !== undefined && (context.recall ?? context.workingSet === undefined);

/** Whether anything of memory is to be put in. */
export const asksOfMemory = (context: ContextOptions | undefined): boolean =>
  context?.workingSet !== undefined || asksForRecall(context);

/** Whoever names the conversation wants it remembered, unless it says no. */
export const asksToSave = (context: ContextOptions | undefined): boolean =>
  context?.save ?? context?.session !== undefined;

/**
 * The request with the wishes of its headers; where both speak, the body decides.
 * @throws InvalidRequestError for a wish that is malformed
 */
export function withHeaderWishes(
  request: CompletionRequest,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): CompletionRequest {
  const inHeaders = contextOptionsInHeaders(headers);
  const context = inHeaders ? { ...inHeaders, ...withoutUndefined(request.context) } : request.context;
  return { ...request, context };
}

/**
 * Memory through the chat door needs the scopes that its own doors need.
 * @throws InsufficientScopeError naming the first that lacks
 */
export function demandContextScopes({ scopes }: Caller, context: ContextOptions | undefined): void {
  const needed: Scope[] = [];
  if (asksOfMemory(context)) needed.push('context:read');
  if (asksToSave(context)) needed.push('context:write');
  const missing = missingScope(scopes, needed);
  if (missing) throw new InsufficientScopeError(missing);
}

const withoutUndefined = (options: ContextOptions = {}): ContextOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
