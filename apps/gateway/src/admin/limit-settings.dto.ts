import { ApiProperty, PartialType } from '@nestjs/swagger';
import { ArrayUnique, IsArray, IsIn } from 'class-validator';
import type { KeyLimitSettings, WorkspaceLimitSettings } from '#auth';
import { limitNames, type LimitName } from '#common';
import { LimitSetting } from './limit-setting.decorator.js';

const secondsPerDay = 86_400;

/** What a key says of its own limits, and a workspace for those of its keys that say nothing. Answers show every field. */
export class KeyLimitSettingsDto {
  @LimitSetting({
    description: 'Requests of one key per window',
    minimum: 1,
    maximum: 1_000_000,
    example: 60,
  })
  rate_limit_requests: number | null;

  @LimitSetting({ description: 'The window in seconds', minimum: 1, maximum: secondsPerDay, example: 60 })
  rate_limit_window: number | null;

  @LimitSetting({
    description: 'Tokens of one key per minute',
    minimum: 0,
    maximum: 100_000_000,
    example: 200_000,
  })
  rate_limit_tokens: number | null;

  @LimitSetting({ description: 'Calls of one key in flight', minimum: 0, maximum: 100_000, example: 50 })
  rate_limit_parallel: number | null;

  @ApiProperty({
    nullable: true,
    enum: limitNames,
    isArray: true,
    description:
      'Limits that are evaluated and logged, but let through; an empty list: none; null: inherited',
    example: ['tokens'],
  })
  @IsArray()
  @ArrayUnique()
  @IsIn(limitNames, { each: true })
  shadow_limits: LimitName[] | null;
}

/** What a workspace says, also of the limits that its keys share. */
export class WorkspaceLimitSettingsDto extends KeyLimitSettingsDto {
  @LimitSetting({
    description: 'Tokens of all keys together per UTC day',
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    example: 1_000_000,
  })
  daily_token_quota: number | null;

  @LimitSetting({
    description: 'Requests of all keys together per window',
    minimum: 0,
    maximum: 10_000_000,
    example: 6_000,
  })
  workspace_rate_limit_requests: number | null;
}

/** The settings of a key as they are sent: a field left out is inherited. */
export class GivenKeyLimitSettingsDto extends PartialType(KeyLimitSettingsDto) {}

/** The settings of a workspace as they are sent: a field left out is inherited. */
export class GivenWorkspaceLimitSettingsDto extends PartialType(WorkspaceLimitSettingsDto) {}

export const fromKeySettingsDto = (given: GivenKeyLimitSettingsDto): KeyLimitSettings => ({
  rateLimitRequests: given.rate_limit_requests ?? null,
  rateLimitWindow: given.rate_limit_window ?? null,
  rateLimitTokens: given.rate_limit_tokens ?? null,
  rateLimitParallel: given.rate_limit_parallel ?? null,
  shadowLimits: given.shadow_limits ?? null,
});

export const fromWorkspaceSettingsDto = (given: GivenWorkspaceLimitSettingsDto): WorkspaceLimitSettings => ({
  ...fromKeySettingsDto(given),
  dailyTokenQuota: given.daily_token_quota ?? null,
  workspaceRateLimitRequests: given.workspace_rate_limit_requests ?? null,
});

export const toKeySettingsDto = (settings: KeyLimitSettings) => ({
  rate_limit_requests: settings.rateLimitRequests,
  rate_limit_window: settings.rateLimitWindow,
  rate_limit_tokens: settings.rateLimitTokens,
  rate_limit_parallel: settings.rateLimitParallel,
  shadow_limits: settings.shadowLimits,
});

export const toWorkspaceSettingsDto = (settings: WorkspaceLimitSettings) => ({
  ...toKeySettingsDto(settings),
  daily_token_quota: settings.dailyTokenQuota,
  workspace_rate_limit_requests: settings.workspaceRateLimitRequests,
});
