import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { SavedQuery, WorkingSet } from '#context-memory';
import { ListDto } from '../http/list.js';
import { PageQuery } from '../http/page.dto.js';
import { SavedQueryDto, SummaryWishDto } from './working-set-fields.dto.js';

/** A named, pinned, budgeted selection of memory. */
export class WorkingSetDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000006' })
  id: string;

  @ApiProperty({ example: 'context.working_set' })
  object: 'context.working_set';

  @ApiProperty({ example: 'support' })
  name: string;

  @ApiProperty({ type: [String], example: ['0199e7a2-3c00-7000-8000-000000000002'] })
  pinned_items: string[];

  @ApiProperty({ example: false })
  takes_pinned: boolean;

  @ApiProperty({ type: [SavedQueryDto] })
  queries: SavedQueryDto[];

  @ApiProperty({ type: String, example: 'chat-42', nullable: true })
  session: string | null;

  @ApiProperty({ type: Number, example: 10, nullable: true })
  last_turns: number | null;

  @ApiProperty({ example: 1_024 })
  token_budget: number;

  @ApiProperty({ type: SummaryWishDto, description: 'Of what does not fit; null: none', nullable: true })
  summary: SummaryWishDto | null;

  @ApiProperty({
    description: 'Goes up when the set is changed and when its queries find something else',
    example: 3,
  })
  version: number;

  @ApiProperty({
    description: 'Items have changed since the queries were asked; the worker is about to',
    example: false,
  })
  stale: boolean;

  @ApiProperty({
    type: String,
    description: 'When the queries were asked last; null when there are none',
    example: '2026-11-22T08:30:00.000Z',
    nullable: true,
  })
  refreshed_at: string | null;

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  created_at: string;

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  updated_at: string;
}

/** One page of working sets. */
export class WorkingSetListDto extends ListDto {
  @ApiProperty({ type: [WorkingSetDto] })
  data: WorkingSetDto[];
}

/** Which sets, a page at a time. */
export class WorkingSetListQueryDto extends PageQuery(20, 100) {}

/** For whom a set is rendered. */
export class RenderQueryDto {
  @ApiProperty({
    description: 'The model whose tokens are counted',
    example: 'openai/gpt-4o-mini',
    required: false,
  })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  model?: string;
}

/** What is left of a deleted set. */
export class DeletedWorkingSetDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000006' })
  id: string;

  @ApiProperty({ example: 'context.working_set' })
  object: 'context.working_set';

  @ApiProperty({ example: true })
  deleted: true;
}

/** A set as it goes over the wire. */
export const toWorkingSetDto = (set: WorkingSet): WorkingSetDto => ({
  id: set.id,
  object: 'context.working_set',
  name: set.name,
  pinned_items: set.pinnedItems,
  takes_pinned: set.takesPinned,
  queries: set.queries.map(toQueryDto),
  session: set.session,
  last_turns: set.lastTurns,
  token_budget: set.tokenBudget,
  summary: toSummaryWishDto(set.summary),
  version: set.version,
  stale: set.isStale,
  refreshed_at: set.refreshedAt?.toISOString() ?? null,
  created_at: set.createdAt.toISOString(),
  updated_at: set.updatedAt.toISOString(),
});

/** A saved query as it goes over the wire. */
export const toQueryDto = ({ topK, ...query }: SavedQuery): SavedQueryDto => ({
  ...query,
  ...(topK !== undefined && { top_k: topK }),
});

/** How a set wants its summary, as it goes over the wire. */
export const toSummaryWishDto = (wish: WorkingSet['summary']): SummaryWishDto | null =>
  wish && { model: wish.model, max_tokens: wish.maxTokens };
