import { ApiProperty } from '@nestjs/swagger';
import type { RenderedSet, WorkingSet, WorkingSetBlock } from '#context-memory';
import { ContextBlockDto, PartDto } from './recall-result.dto.js';

const reasonsToWant = ['pinned', 'session', 'query'] as const;
const reasons = ['over_budget', 'same_text', 'in_conversation', 'expired', 'deleted'] as const;

class WantedItemDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000002' })
  id: string;

  @ApiProperty({ type: String, example: 'Refund policy', nullable: true })
  title: string | null;

  @ApiProperty({
    description: 'Why it is wanted; the first of them where there are several',
    enum: reasonsToWant,
  })
  wanted_by: (typeof reasonsToWant)[number];

  @ApiProperty({ description: 'Which part of a document this is', type: PartDto, required: false })
  part?: PartDto;
}

class PackedItemDto extends WantedItemDto {
  @ApiProperty({ example: 1 })
  version: number;

  @ApiProperty({
    description:
      'Scores of the queries that found it, and, of a turn, 1 for the latest and less for those before',
    example: 0.81,
  })
  value: number;

  @ApiProperty({ description: 'Of its entry, the line above it included', example: 16 })
  tokens: number;
}

class DroppedItemDto extends WantedItemDto {
  @ApiProperty({ enum: reasons })
  reason: (typeof reasons)[number];
}

class SetSummaryDto {
  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  made_at: string;

  @ApiProperty({ description: 'That made it', example: 'openai/gpt-4o-mini' })
  model: string;

  @ApiProperty({ example: 120 })
  tokens: number;

  @ApiProperty({ description: 'The set’s version that it was made of', example: 3 })
  version: number;

  @ApiProperty({
    description: 'The set wants something else by now; the next call that uses it has it made anew',
    example: false,
  })
  stale: boolean;

  @ApiProperty({
    description: 'The call in the ledger that paid for it',
    example: '0199e7a2-3c00-7000-8000-000000000007',
  })
  usage_event_id: string;
}

/** A working set as a prompt gets it. */
export class RenderedSetDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000006' })
  id: string;

  @ApiProperty({ example: 'context.working_set.block' })
  object: 'context.working_set.block';

  @ApiProperty({ example: 'support' })
  name: string;

  @ApiProperty({ example: 3 })
  version: number;

  @ApiProperty({
    description: 'Items have changed since the queries were asked; the worker is about to',
    example: false,
  })
  stale: boolean;

  @ApiProperty({
    type: String,
    description: 'Whose tokens are counted',
    example: 'openai/gpt-4o-mini',
    nullable: true,
  })
  model: string | null;

  @ApiProperty({ example: 1_024 })
  token_budget: number;

  @ApiProperty({ type: ContextBlockDto })
  context: ContextBlockDto;

  @ApiProperty({
    type: SetSummaryDto,
    description: 'Of what is left out, at the head of the block; null where none is in it',
    nullable: true,
  })
  summary: SetSummaryDto | null;

  @ApiProperty({ description: 'Pins first, then the most valuable for its tokens', type: [PackedItemDto] })
  items: PackedItemDto[];

  @ApiProperty({ description: 'What is wanted but left out, and why', type: [DroppedItemDto] })
  dropped: DroppedItemDto[];
}

/** A rendered set as it goes over the wire. */
export const toRenderedSetDto = (
  set: WorkingSet,
  rendered: WorkingSetBlock,
  model?: string,
): RenderedSetDto => ({
  id: set.id,
  object: 'context.working_set.block',
  name: set.name,
  version: set.version,
  stale: set.isStale,
  model: model ?? null,
  token_budget: set.tokenBudget,
  context: rendered.block,
  summary: summaryOf(rendered),
  items: rendered.packed.map((item) => ({
    ...wanted(item),
    version: item.version,
    value: item.value,
    tokens: item.weight,
  })),
  dropped: rendered.dropped.map((item) => ({ ...wanted(item), reason: item.reason })),
});

const summaryOf = ({ summary, isSummaryStale }: WorkingSetBlock): SetSummaryDto | null =>
  summary
    ? {
        made_at: summary.madeAt.toISOString(),
        model: summary.model,
        tokens: summary.tokens,
        version: summary.setVersion,
        stale: isSummaryStale,
        usage_event_id: summary.usageEventId,
      }
    : null;

const wanted = ({ id, title, wantedBy, part }: RenderedSet['packed' | 'dropped'][number]) => ({
  id,
  title,
  wanted_by: wantedBy,
  part,
});
