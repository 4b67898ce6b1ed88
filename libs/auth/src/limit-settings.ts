import type { LimitName } from '#common';

/** What a key says of its own limits. Null leaves it to the workspace, and that to the environment. */
export interface KeyLimitSettings {
  /** Requests of one key per window. */
  rateLimitRequests: number | null;
  /** Seconds. */
  rateLimitWindow: number | null;
  /** Tokens of one key per minute; 0: no limit. */
  rateLimitTokens: number | null;
  /** Calls of one key in flight; 0: no limit. */
  rateLimitParallel: number | null;
  /** Limits that are evaluated and logged, but let through; an empty list: none. */
  shadowLimits: LimitName[] | null;
}

/** What a workspace says: for its keys, where they say nothing themselves, and for all of them together. */
export interface WorkspaceLimitSettings extends KeyLimitSettings {
  /** Tokens per UTC day. */
  dailyTokenQuota: number | null;
  /** Requests of all keys together per window; 0: no limit. */
  workspaceRateLimitRequests: number | null;
}

/** The columns of {@link KeyLimitSettings}, in the order of {@link keyLimitValues}. */
export const keyLimitColumns = [
  'rate_limit_requests',
  'rate_limit_window',
  'rate_limit_tokens',
  'rate_limit_parallel',
  'shadow_limits',
] as const;

/** The columns of {@link WorkspaceLimitSettings}, in the order of {@link workspaceLimitValues}. */
export const workspaceLimitColumns = [
  ...keyLimitColumns,
  'daily_token_quota',
  'workspace_rate_limit_requests',
] as const;

/** {@link keyLimitColumns} as PostgreSQL gives them. */
export interface KeyLimitRow {
  rate_limit_requests: number | null;
  rate_limit_window: number | null;
  rate_limit_tokens: number | null;
  rate_limit_parallel: number | null;
  shadow_limits: LimitName[] | null;
}

/** {@link workspaceLimitColumns} as PostgreSQL gives them. */
export interface WorkspaceLimitRow extends KeyLimitRow {
  /** bigint: the driver gives text, lest digits be lost; inside of JSON it is a number. */
  daily_token_quota: string | number | null;
  workspace_rate_limit_requests: number | null;
}

export const keyLimitValues = (settings: KeyLimitSettings): unknown[] => [
  settings.rateLimitRequests,
  settings.rateLimitWindow,
  settings.rateLimitTokens,
  settings.rateLimitParallel,
  settings.shadowLimits,
];

export const workspaceLimitValues = (settings: WorkspaceLimitSettings): unknown[] => [
  ...keyLimitValues(settings),
  settings.dailyTokenQuota,
  settings.workspaceRateLimitRequests,
];

export const toKeyLimitSettings = (row: KeyLimitRow): KeyLimitSettings => ({
  rateLimitRequests: row.rate_limit_requests,
  rateLimitWindow: row.rate_limit_window,
  rateLimitTokens: row.rate_limit_tokens,
  rateLimitParallel: row.rate_limit_parallel,
  shadowLimits: row.shadow_limits,
});

export const toWorkspaceLimitSettings = (row: WorkspaceLimitRow): WorkspaceLimitSettings => ({
  ...toKeyLimitSettings(row),
  dailyTokenQuota: row.daily_token_quota === null ? null : Number(row.daily_token_quota),
  workspaceRateLimitRequests: row.workspace_rate_limit_requests,
});

/** `$from, $from+1, …`: as many placeholders as there are columns. */
export const placeholders = (columns: readonly string[], from: number): string =>
  columns.map((_, i) => `$${from + i}`).join(', ');
