import { ApiProperty, ApiPropertyOptional, IntersectionType, PickType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import type { NewWorkingSet, SavedQuery, SummaryWish, WorkingSetDefinition } from '#context-memory';

/** A recall that is asked again whenever items have changed. */
export class SavedQueryDto {
  @ApiProperty({ example: 'refund policy' })
  @IsString()
  query: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: 20,
    default: 10,
    example: 5,
    required: false,
  })
  @IsOptional()
  @IsInt()
  top_k?: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Only items of this session', required: false })
  @IsOptional()
  @IsString()
  session?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'As in a recall',
    example: { team: 'support' },
  })
  @IsOptional()
  @IsObject()
  filter?: Record<string, unknown> | null;
}

/** A summary of what a set has no room for; the calls that use the set pay for it. */
export class SummaryWishDto {
  @ApiProperty({
    maxLength: 256,
    description: 'One of the upstream’s or of the workspace’s own; keys that may not use it make no summary',
    example: 'openai/gpt-4o-mini',
  })
  @IsString()
  model: string;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 4_000,
    description: 'Of the summary at most; less than the set’s `token_budget`',
    example: 200,
  })
  @IsInt()
  max_tokens: number;
}

const nameRule = 'Unique in the workspace: 1 to 100 letters, digits or any of . _ : @ -';

/** What a set is made of, beside its name and its pins. */
class SetPartsDto {
  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Items with `pinned: true` come behind these, the oldest first; up to 50',
    example: false,
    required: false,
  })
  @IsOptional()
  @IsBoolean()
  takes_pinned?: boolean | null;

  @ApiProperty({ type: [SavedQueryDto], nullable: true, description: 'Up to 5', required: false })
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => SavedQueryDto)
  queries?: SavedQueryDto[] | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The conversation whose last turns are wanted',
    example: 'chat-42',
    required: false,
  })
  @IsOptional()
  @IsString()
  session?: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: 50,
    description: 'How many; 10 when only `session` is given',
    example: 10,
    required: false,
  })
  @IsOptional()
  @IsInt()
  last_turns?: number | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: 100_000,
    description: 'Tokens of the block at most; CONTEXT_TOKEN_BUDGET when not given',
    example: 1_024,
    required: false,
  })
  @IsOptional()
  @IsInt()
  token_budget?: number | null;

  @ApiProperty({
    type: SummaryWishDto,
    nullable: true,
    description: 'Have what does not fit summarised; null: not',
    required: false,
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => SummaryWishDto)
  summary?: SummaryWishDto | null;
}

/** What a set is made of, beside its pins. */
export class NamedSetDto extends SetPartsDto {
  @ApiProperty({ description: nameRule, example: 'support' })
  @IsString()
  name: string;
}

/** What is named is changed; null empties. */
export class PatchWorkingSetDto extends SetPartsDto {
  @ApiProperty({ description: nameRule, example: 'support', required: false })
  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  name?: string;

  @ApiProperty({
    type: [String],
    nullable: true,
    description: 'Items that go in first, in this order; up to 50',
    example: ['0199e7a2-3c00-7000-8000-000000000002'],
    required: false,
  })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  pinned_items?: string[] | null;
}

/** A set to be made. */
export class CreateWorkingSetDto extends IntersectionType(
  NamedSetDto,
  PickType(PatchWorkingSetDto, ['pinned_items'] as const),
) {}

/** A new set as the lib takes it. */
export const toNewWorkingSet = (body: CreateWorkingSetDto): NewWorkingSet => ({
  ...toSetParts(body),
  pinnedItems: pinsOf(body),
  name: body.name,
});

/** A change as the lib takes it. */
export const toWorkingSetPatch = (body: PatchWorkingSetDto): Partial<WorkingSetDefinition> => ({
  ...toSetParts(body),
  pinnedItems: pinsOf(body),
  name: body.name,
});

/** What a set is made of, beside its name and its pins, as the lib takes it. */
export const toSetParts = (
  body: SetPartsDto,
): Partial<Omit<WorkingSetDefinition, 'name' | 'pinnedItems'>> => ({
  takesPinned: body.takes_pinned === null ? false : body.takes_pinned,
  queries: body.queries === null ? [] : body.queries?.map(toSavedQuery),
  session: body.session,
  lastTurns: body.last_turns,
  tokenBudget: body.token_budget ?? undefined,
  summary: body.summary && toSummaryWish(body.summary),
});

const pinsOf = ({ pinned_items: pins }: Pick<PatchWorkingSetDto, 'pinned_items'>): string[] | undefined =>
  pins === null ? [] : pins;

const toSavedQuery = ({ query, top_k, session, filter }: SavedQueryDto): SavedQuery => ({
  query,
  ...(top_k != null && { topK: top_k }),
  ...(session != null && { session }),
  ...(filter != null && { filter }),
});

const toSummaryWish = ({ model, max_tokens }: SummaryWishDto): SummaryWish => ({
  model,
  maxTokens: max_tokens,
});
