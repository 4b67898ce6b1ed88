/** What a breaker guards: the upstream as a whole, or one model there. Also its key in Redis: `breaker:<scope>`. */
export type BreakerScope = 'upstream' | `model:${string}`;

/** The scope of a model. */
export const scopeOf = (model: string): BreakerScope => `model:${model}`;

/** The model of a scope; undefined for the upstream. */
export const modelOf = (scope: BreakerScope): string | undefined =>
  scope === 'upstream' ? undefined : scope.slice('model:'.length);

/** Is it a scope, as another process wrote it? */
export const isScope = (text: unknown): text is BreakerScope =>
  text === 'upstream' || (typeof text === 'string' && text.startsWith('model:') && text.length <= 300);
