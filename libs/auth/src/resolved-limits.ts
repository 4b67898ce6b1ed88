import type { LimitName } from '#common';
import type { AppConfig } from '#config';
import type { CallerLimits } from './caller.js';
import type { KeyLimitSettings, WorkspaceLimitSettings } from './limit-settings.js';

/** Who decided a limit: the key, its workspace, or the environment's default. */
export type LimitSource = 'key' | 'workspace' | 'default';

/** A value and who decided it. */
export interface Resolved<Value> {
  readonly value: Value;
  readonly source: LimitSource;
}

/** {@link CallerLimits}, each with its source. */
export type ResolvedLimits = { readonly [Name in keyof CallerLimits]: Resolved<CallerLimits[Name]> };

/**
 * Which limits hold: what the key says, else the workspace, else the environment. The one place that knows the order, for
 * the calls that are limited and for the operators who look at it.
 * @param key undefined for what holds for the keys of the workspace that say nothing themselves
 */
export function resolveLimits(
  key: KeyLimitSettings | undefined,
  workspace: WorkspaceLimitSettings,
  defaults: AppConfig['rateLimit'],
): ResolvedLimits {
  const ofKey = <Value>(read: (settings: KeyLimitSettings) => Value | null, byDefault: Value) =>
    firstOf(key ? read(key) : null, read(workspace), byDefault);
  const { RATE_LIMIT_WINDOW: window, WORKSPACE_RATE_LIMIT_REQUESTS: together } = defaults;
  return {
    requests: ofKey(({ rateLimitRequests: value }) => value, defaults.RATE_LIMIT_REQUESTS),
    windowSeconds: ofKey(({ rateLimitWindow: value }) => value, window),
    tokens: ofKey(({ rateLimitTokens: value }) => value, defaults.RATE_LIMIT_TOKENS),
    parallel: ofKey(({ rateLimitParallel: value }) => value, defaults.RATE_LIMIT_PARALLEL),
    workspaceRequests: firstOf(null, workspace.workspaceRateLimitRequests, together),
    workspaceWindowSeconds: firstOf(null, workspace.rateLimitWindow, window),
    dailyTokens: firstOf(null, workspace.dailyTokenQuota, defaults.DEFAULT_DAILY_QUOTA_TOKENS),
    shadow: ofKey<readonly LimitName[]>(({ shadowLimits: value }) => value, defaults.RATE_LIMIT_SHADOW),
  };
}

/** The bare values, frozen. */
export const limitValues = (limits: ResolvedLimits): CallerLimits =>
  Object.freeze({
    requests: limits.requests.value,
    windowSeconds: limits.windowSeconds.value,
    tokens: limits.tokens.value,
    parallel: limits.parallel.value,
    workspaceRequests: limits.workspaceRequests.value,
    workspaceWindowSeconds: limits.workspaceWindowSeconds.value,
    dailyTokens: limits.dailyTokens.value,
    shadow: Object.freeze([...limits.shadow.value]),
  });

function firstOf<Value>(key: Value | null, workspace: Value | null, byDefault: Value): Resolved<Value> {
  if (key !== null) return { value: key, source: 'key' };
  if (workspace !== null) return { value: workspace, source: 'workspace' };
  return { value: byDefault, source: 'default' };
}
