import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { usageGroups, type UsageGroup, type UsageTotals } from '#usage';
import { IsTime } from '../http/is-time.decorator.js';

/** `day,model` → `['day', 'model']`. */
const commaList = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;

export class UsageQueryDto {
  @ApiProperty({ description: 'RFC 3339, included; default: the start of today (UTC)', required: false })
  @IsOptional()
  @IsTime()
  start?: string;

  @ApiProperty({ description: 'RFC 3339, excluded; default: now', required: false })
  @IsOptional()
  @IsTime()
  end?: string;

  @ApiProperty({
    type: String,
    description: `Comma list of ${usageGroups.join(', ')}; of the times at most one; none alone`,
    example: 'day,model',
    default: 'day',
    required: false,
  })
  @IsOptional()
  @Transform(commaList)
  @IsIn(usageGroups, { each: true })
  group_by: UsageGroup[] = ['day'];

  @ApiProperty({ description: 'Rows a page', minimum: 1, maximum: 1000, default: 100, required: false })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  limit = 100;

  @ApiProperty({ description: '`next_cursor` of the page before', required: false })
  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  cursor?: string;
}

export class UsageTotalsDto {
  @ApiProperty({ example: 'usage' }) object: 'usage';
  @ApiProperty({ format: 'date-time', description: 'Start of the hour, day or month (UTC)' })
  start_time: string;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Public id of the key; null when not grouped by it',
  })
  key_id: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'null when not grouped by it' }) model:
    string | null;
  @ApiProperty({ type: String, nullable: true, description: 'null when not grouped by it' }) status:
    string | null;
  @ApiProperty() requests: number;
  @ApiProperty() prompt_tokens: number;
  @ApiProperty() completion_tokens: number;
  @ApiProperty({ description: 'Recalled context, part of the prompt tokens' }) context_tokens: number;
  @ApiProperty({ description: 'Prompt and completion' }) tokens_used: number;
  @ApiProperty({ description: 'US dollars, exact decimal', example: '0.0123' }) cost: string;
}

export class UsageListDto {
  @ApiProperty({ example: 'list' }) object: 'list';
  @ApiProperty({ format: 'date-time' }) start: string;
  @ApiProperty({ format: 'date-time' }) end: string;
  @ApiProperty({ enum: usageGroups, isArray: true }) group_by: UsageGroup[];
  @ApiProperty({ type: [UsageTotalsDto] }) data: UsageTotalsDto[];
  @ApiProperty() has_more: boolean;
  @ApiProperty({ type: String, nullable: true }) next_cursor: string | null;
}

export const toUsageTotalsDto = (totals: UsageTotals): UsageTotalsDto => ({
  object: 'usage',
  start_time: totals.startTime.toISOString(),
  key_id: totals.keyId,
  model: totals.model,
  status: totals.status,
  requests: totals.requests,
  prompt_tokens: totals.promptTokens,
  completion_tokens: totals.completionTokens,
  context_tokens: totals.contextTokens,
  tokens_used: totals.tokensUsed,
  cost: totals.cost,
});
