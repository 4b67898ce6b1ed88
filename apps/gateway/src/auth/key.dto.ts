import { ApiProperty } from '@nestjs/swagger';
import { scopes, type Caller, type Scope } from '#auth';
import type { LimitState } from '#rate-limit';

class LimitStandingDto {
  @ApiProperty() limit: number;
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

class RequestStandingDto extends LimitStandingDto {
  @ApiProperty({ description: 'The limit is for this many seconds' }) window_seconds: number;
}

class KeyLimitsDto {
  @ApiProperty({ description: 'Requests of this key' }) requests: RequestStandingDto;
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
}

/** A key and how it stands. @param state undefined while the limiter cannot say. @param now milliseconds since the epoch */
export function toKeyDto(caller: Caller, state: LimitState | undefined, now: number): KeyDto {
  const standing = (part: { remaining: number; resetMs: number } | undefined) => ({
    remaining: part?.remaining ?? null,
    resets_at: part ? new Date(now + part.resetMs).toISOString() : null,
  });
  const { requests, windowSeconds, dailyTokens } = caller.limits;
  return {
    object: 'api_key',
    public_id: caller.keyId,
    workspace_id: caller.workspaceId,
    scopes: caller.scopes,
    allowed_models: caller.allowedModels,
    expires_at: caller.expiresAt === null ? null : new Date(caller.expiresAt).toISOString(),
    limits: {
      requests: { limit: requests, window_seconds: windowSeconds, ...standing(state?.requests) },
      daily_tokens: { limit: dailyTokens, ...standing(state?.tokens) },
    },
  };
}
