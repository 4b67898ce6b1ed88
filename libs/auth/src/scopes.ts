/** What a key may do. `admin` is every scope, inside the key's own workspace. */
export const scopes = ['chat', 'embeddings', 'context:read', 'context:write', 'usage:read', 'admin'] as const;

/** One of {@link scopes}. */
export type Scope = (typeof scopes)[number];

/** What a new key may do when nobody says: all but `admin`. */
export const defaultScopes: readonly Scope[] = scopes.filter((scope) => scope !== 'admin');

/** The first of `needed` that `granted` does not cover; undefined when all are covered. */
export function missingScope(granted: readonly Scope[], needed: readonly Scope[]): Scope | undefined {
  if (granted.includes('admin')) return undefined;
  return needed.find((scope) => !granted.includes(scope));
}
