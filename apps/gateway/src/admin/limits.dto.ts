import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import type { LimitSource } from '#auth';
import { KeyLimitSettingsDto, WorkspaceLimitSettingsDto } from './limit-settings.dto.js';

const sources = ['key', 'workspace', 'default'] as const satisfies LimitSource[];
const unknown = 'null: there is no limit, or the limiter cannot say';

/** A limit that holds. */
class SourcedLimitDto {
  @ApiProperty({ description: 'What holds; 0: no limit', example: 1_000 }) limit: number;
  @ApiProperty({ enum: sources, description: 'Who decided it; `default` is the environment' })
  source: LimitSource;
  @ApiProperty({ description: 'Evaluated and logged, but let through' }) shadow: boolean;
}

/** A limit per window that holds. */
class SourcedWindowLimitDto extends SourcedLimitDto {
  @ApiProperty({ example: 60 }) window_seconds: number;
  @ApiProperty({ enum: sources }) window_source: LimitSource;
}

/** How a limit stands now. */
class StandingDto {
  @ApiProperty({ type: Number, nullable: true, description: unknown }) remaining: number | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: `Full again; ${unknown}` })
  resets_at: string | null;
}

/** Requests of a key or of a workspace. */
class RequestsLimitDto extends IntersectionType(SourcedWindowLimitDto, StandingDto) {}

/** Tokens of a key per minute. */
class TokensLimitDto extends IntersectionType(SourcedLimitDto, StandingDto) {}

/** Calls of a key in flight. */
class ParallelLimitDto extends SourcedLimitDto {
  @ApiProperty({ type: Number, nullable: true, description: 'null: the limiter cannot say' })
  in_flight: number | null;
  @ApiProperty({ type: Number, nullable: true, description: unknown }) remaining: number | null;
}

/** Tokens of a workspace's UTC day. */
export class DailyTokensLimitDto extends IntersectionType(SourcedLimitDto, StandingDto) {
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Settled or reserved; null: the limiter cannot say',
  })
  used: number | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Calls admitted before then do not count; null: never reset',
  })
  quota_reset_at: string | null;
}

class SharedLimitsDto {
  @ApiProperty({ description: 'Requests of all keys of the workspace together, per window' })
  workspace_requests: RequestsLimitDto;
  @ApiProperty({ description: 'Tokens of all keys of the workspace together, per UTC day' })
  daily_tokens: DailyTokensLimitDto;
}

/** The limits of a workspace; the first three are what each key gets that says nothing itself. */
class LimitsOfWorkspaceDto extends SharedLimitsDto {
  @ApiProperty({ description: 'Requests of one key, per window' }) requests: SourcedWindowLimitDto;
  @ApiProperty({ description: 'Tokens of one key, per minute' }) tokens: SourcedLimitDto;
  @ApiProperty({ description: 'Calls of one key in flight' }) parallel: SourcedLimitDto;
}

/** The limits of a key, those it shares with the other keys of its workspace among them. */
class LimitsOfApiKeyDto extends SharedLimitsDto {
  @ApiProperty({ description: 'Requests of the key, per window' }) requests: RequestsLimitDto;
  @ApiProperty({ description: 'Tokens of the key, per minute' }) tokens: TokensLimitDto;
  @ApiProperty({ description: 'Calls of the key in flight' }) parallel: ParallelLimitDto;
}

/** What a workspace says of its limits, what holds, and how it stands. */
export class WorkspaceLimitsDto {
  @ApiProperty({ example: 'workspace_limits' }) object: 'workspace_limits';
  @ApiProperty({ format: 'uuid' }) workspace_id: string;
  @ApiProperty({ description: 'Its own word; PUT takes and replaces this' })
  settings: WorkspaceLimitSettingsDto;
  @ApiProperty() limits: LimitsOfWorkspaceDto;
}

/** What a key says of its limits, what holds, and how it stands. */
export class ApiKeyLimitsDto {
  @ApiProperty({ example: 'api_key_limits' }) object: 'api_key_limits';
  @ApiProperty({ example: '0123456789abcdef' }) public_id: string;
  @ApiProperty({ format: 'uuid' }) workspace_id: string;
  @ApiProperty({ description: 'Its own word; PUT takes and replaces this' }) settings: KeyLimitSettingsDto;
  @ApiProperty() limits: LimitsOfApiKeyDto;
}
