import type { KeyLimits, ResolvedLimits, WorkspaceLimits } from '#auth';
import type { LimitName } from '#common';
import type { BucketStanding, KeyStanding, WorkspaceStanding } from '#rate-limit';
import { toKeySettingsDto, toWorkspaceSettingsDto } from './limit-settings.dto.js';
import type { ApiKeyLimitsDto, DailyTokensLimitDto, WorkspaceLimitsDto } from './limits.dto.js';

type Standing<Of extends WorkspaceStanding> = Of | undefined;

/** A workspace's limits as operators see them. @param standing undefined while Redis cannot say */
export const toWorkspaceLimitsDto = (
  { workspace, limits }: WorkspaceLimits,
  standing: Standing<WorkspaceStanding>,
): WorkspaceLimitsDto => ({
  object: 'workspace_limits',
  workspace_id: workspace.id,
  settings: toWorkspaceSettingsDto(workspace),
  limits: {
    requests: perWindow(limits, 'requests', limits.requests, limits.windowSeconds),
    tokens: sourced(limits, 'tokens', limits.tokens),
    parallel: sourced(limits, 'parallel', limits.parallel),
    workspace_requests: workspaceRequests(limits, standing),
    daily_tokens: dailyTokens({ workspace, limits }, standing),
  },
});

/** A key's limits as operators see them. @param standing undefined while Redis cannot say */
export function toApiKeyLimitsDto(
  { apiKey, workspace, limits }: KeyLimits,
  standing: Standing<KeyStanding>,
): ApiKeyLimitsDto {
  const requests = perWindow(limits, 'requests', limits.requests, limits.windowSeconds);
  const in_flight = standing?.parallel.inFlight ?? null;
  return {
    object: 'api_key_limits',
    public_id: apiKey.publicId,
    workspace_id: workspace.id,
    settings: toKeySettingsDto(apiKey),
    limits: {
      requests: { ...requests, ...bucket(standing?.requests) },
      tokens: { ...sourced(limits, 'tokens', limits.tokens), ...bucket(standing?.tokens) },
      parallel: {
        ...sourced(limits, 'parallel', limits.parallel),
        in_flight,
        remaining: in_flight === null ? null : left(limits.parallel.value, in_flight),
      },
      workspace_requests: workspaceRequests(limits, standing),
      daily_tokens: dailyTokens({ workspace, limits }, standing),
    },
  };
}

function dailyTokens(
  { workspace, limits }: WorkspaceLimits,
  standing: Standing<WorkspaceStanding>,
): DailyTokensLimitDto {
  const used = standing?.dailyTokens.used ?? null;
  return {
    ...sourced(limits, 'daily_tokens', limits.dailyTokens),
    used,
    remaining: used === null ? null : left(limits.dailyTokens.value, used),
    resets_at: standing?.dailyTokens.resetsAt.toISOString() ?? null,
    quota_reset_at: workspace.quotaResetAt?.toISOString() ?? null,
  };
}

type Limit = ResolvedLimits['requests'];

const sourced = (limits: ResolvedLimits, name: LimitName, { value, source }: Limit) => ({
  limit: value,
  source,
  shadow: limits.shadow.value.includes(name),
});

const perWindow = (limits: ResolvedLimits, name: LimitName, limit: Limit, window: Limit) => ({
  ...sourced(limits, name, limit),
  window_seconds: window.value,
  window_source: window.source,
});

const workspaceRequests = (limits: ResolvedLimits, standing: Standing<WorkspaceStanding>) => ({
  ...perWindow(limits, 'workspace_requests', limits.workspaceRequests, limits.workspaceWindowSeconds),
  ...bucket(standing?.workspaceRequests),
});

const bucket = (standing: BucketStanding | undefined) => ({
  remaining: standing?.remaining ?? null,
  resets_at: standing?.resetsAt.toISOString() ?? null,
});

/** Null when there is no limit. */
const left = (limit: number, used: number): number | null => (limit === 0 ? null : Math.max(0, limit - used));
