import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional } from 'class-validator';
import { usageGroups, type UsageGroup, type UsageTotals } from '#usage';
import { IsTime } from '../http/is-time.decorator.js';
import { ListDto } from '../http/list.js';
import { PageQuery } from '../http/page.dto.js';

/** `day,model` → `['day', 'model']`. */
const commaList = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;

/** Which part of the ledger is summed up, and by what. */
export class UsageQueryDto extends PageQuery(100, 1_000) {
  @ApiProperty({
    description:
      'RFC 3339, included; default: the start of today (UTC). Calls older than USAGE_RETENTION_MONTHS are known by whole hours only',
    required: false,
  })
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
}

/** The sums of one group. */
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

/** One page of sums. */
export class UsageListDto extends ListDto {
  @ApiProperty({ format: 'date-time' }) start: string;
  @ApiProperty({ format: 'date-time' }) end: string;
  @ApiProperty({ enum: usageGroups, isArray: true }) group_by: UsageGroup[];
  @ApiProperty({ type: [UsageTotalsDto] }) data: UsageTotalsDto[];
}

/** A group's sums as they go over the wire. */
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
