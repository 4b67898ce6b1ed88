/**
 * The limits of a call, by the names they have in logs, settings and errors: requests of the key per window, tokens of the key
 * per minute, calls of the key in flight, requests of the workspace per window, tokens of the workspace per UTC day.
 */
export const limitNames = ['requests', 'tokens', 'parallel', 'workspace_requests', 'daily_tokens'] as const;

/** One of {@link limitNames}. */
export type LimitName = (typeof limitNames)[number];
