import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import type { Workspace } from '#auth';
import { ListDto } from '../http/list.js';

/** What neither PostgreSQL (NUL) nor a terminal takes well. */
export const printable = /^[^\p{Cc}\p{Cs}]*$/u;

const secondsPerDay = 86_400;

/** A new tenant. */
export class CreateWorkspaceDto {
  @ApiProperty({ description: 'For people; need not be unique', example: 'Support team' })
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  @Matches(printable, { message: 'name must not hold control characters' })
  name: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Tokens per UTC day; DEFAULT_DAILY_QUOTA_TOKENS when not given',
    example: 1_000_000,
    required: false,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  daily_token_quota?: number | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Requests per window for each key; RATE_LIMIT_REQUESTS when not given',
    example: 600,
    required: false,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  rate_limit_requests?: number | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'The window in seconds; RATE_LIMIT_WINDOW when not given',
    example: 60,
    required: false,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(secondsPerDay)
  rate_limit_window?: number | null;
}

/** A tenant. */
export class WorkspaceDto {
  @ApiProperty({ example: 'workspace' }) object: 'workspace';
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 'Support team' }) name: string;
  @ApiProperty({ type: Number, nullable: true, description: 'null: the default' })
  daily_token_quota: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'null: the default' })
  rate_limit_requests: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Seconds; null: the default' })
  rate_limit_window: number | null;
  @ApiProperty({ type: String, nullable: true, description: 'Meant when a chat call names no model' })
  default_model: string | null;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ format: 'date-time' }) updated_at: string;
}

/** A workspace as it goes over the wire. */
export const toWorkspaceDto = (workspace: Workspace): WorkspaceDto => ({
  object: 'workspace',
  id: workspace.id,
  name: workspace.name,
  daily_token_quota: workspace.dailyTokenQuota,
  rate_limit_requests: workspace.rateLimitRequests,
  rate_limit_window: workspace.rateLimitWindow,
  default_model: workspace.defaultModel,
  created_at: workspace.createdAt.toISOString(),
  updated_at: workspace.updatedAt.toISOString(),
});

/** One page of workspaces. */
export class WorkspaceListDto extends ListDto {
  @ApiProperty({ type: [WorkspaceDto] }) data: WorkspaceDto[];
}
