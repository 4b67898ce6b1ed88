import { ApiProperty } from '@nestjs/swagger';
import { scopes, type Caller, type Scope } from '#auth';
import { limitNames, type LimitName } from '#common';
import type { LimitState, Standing } from '#rate-limit';

class LimitStandingDto {
  @ApiProperty({ type: Number, nullable: true, description: 'null: no limit' }) limit: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'null while the limiter cannot say' })
  remaining: number | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When all of it is there again',
  })
  resets_at: string | null;
}

class WindowStandingDto extends LimitStandingDto {
  @ApiProperty({ description: 'The limit is for this many seconds' }) window_seconds: number;
}

class KeyLimitsDto {
  @ApiProperty({ description: 'Requests of this key' }) requests: WindowStandingDto;
  @ApiProperty({ description: 'Tokens of this key' }) tokens: WindowStandingDto;
  @ApiProperty({ description: 'Calls of this key in flight' }) parallel: LimitStandingDto;
  @ApiProperty({ description: 'Requests of all keys of the workspace' })
  workspace_requests: WindowStandingDto;
  @ApiProperty({ description: 'Tokens of the workspace per UTC day' }) daily_tokens: LimitStandingDto;
}

/** A key as its own team sees it. */
export class KeyDto {
  @ApiProperty({ example: 'api_key' }) object: 'api_key';
  @ApiProperty({ example: '0123456789abcdef' }) public_id: string;
  @ApiProperty({ format: 'uuid' }) workspace_id: string;
  @ApiProperty({ enum: scopes, isArray: true }) scopes: readonly Scope[];
  @ApiProperty({ type: [String], nullable: true, description: 'null: any' })
  allowed_models: readonly string[] | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) expires_at: string | null;
  @ApiProperty() limits: KeyLimitsDto;
  @ApiProperty({ enum: limitNames, isArray: true, description: 'Limits that are only evaluated and logged' })
  shadow: readonly LimitName[];
}

/** A key and how it stands. @param state undefined while the limiter cannot say. @param now milliseconds since the epoch */
export function toKeyDto(caller: Caller, state: LimitState | undefined, now: number): KeyDto {
  const standing = (limit: number, part: Standing | undefined) => ({
    limit: limit === 0 ? null : limit,
    remaining: part?.remaining ?? null,
    // Nobody knows when calls in flight will end.
    resets_at: part && part !== state?.parallel ? new Date(now + part.resetMs).toISOString() : null,
  });
  const { limits } = caller;
  return {
    object: 'api_key',
    public_id: caller.keyId,
    workspace_id: caller.workspaceId,
    scopes: caller.scopes,
    allowed_models: caller.allowedModels,
    expires_at: caller.expiresAt === null ? null : new Date(caller.expiresAt).toISOString(),
    limits: {
      requests: { window_seconds: limits.windowSeconds, ...standing(limits.requests, state?.requests) },
      tokens: { window_seconds: 60, ...standing(limits.tokens, state?.tokens) },
      parallel: standing(limits.parallel, state?.parallel),
      workspace_requests: {
        window_seconds: limits.workspaceWindowSeconds,
        ...standing(limits.workspaceRequests, state?.workspaceRequests),
      },
      daily_tokens: standing(limits.dailyTokens, state?.dailyTokens),
    },
    shadow: limits.shadow,
  };
}
