import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsOptional, IsString, ValidateNested } from 'class-validator';
import { readTime } from '#common';
import type { ExportedSet, ImportedSet, PinReference } from '#context-memory';
import { IsTime } from '../http/is-time.decorator.js';
import { toQueryDto, toSummaryWishDto } from './working-set.dto.js';
import { NamedSetDto, toSetParts } from './working-set-fields.dto.js';

/** An item that a set pins, by all that it may be known by in another workspace. */
export class PinLineDto {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Where it was exported; also that of a line of the same import',
    example: '0199e7a2-3c00-7000-8000-000000000002',
    required: false,
  })
  @IsOptional()
  @IsString()
  id?: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'kb/refunds.md', required: false })
  @IsOptional()
  @IsString()
  external_id?: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'chat-42', required: false })
  @IsOptional()
  @IsString()
  session?: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'handbook', required: false })
  @IsOptional()
  @IsString()
  collection?: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Of an item without an external id: SHA-256 of its text in its normal form',
    example: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
    required: false,
  })
  @IsOptional()
  @IsString()
  content_hash?: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'From then on the pin is left out',
    example: null,
    required: false,
  })
  @IsOptional()
  @IsTime()
  expires_at?: string | null;
}

/** A line of an export, and of an import, behind the items: the definition of a working set. */
export class WorkingSetLineDto extends NamedSetDto {
  @ApiProperty({ example: 'context.working_set' })
  @IsIn(['context.working_set'])
  object: 'context.working_set';

  @ApiProperty({ type: [PinLineDto], nullable: true, description: 'Up to 50', required: false })
  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PinLineDto)
  pinned_items?: PinLineDto[] | null;
}

/** A set as a line. */
export const toWorkingSetLine = (set: ExportedSet): WorkingSetLineDto => ({
  object: 'context.working_set',
  name: set.name,
  pinned_items: set.pins.map((pin) => ({
    id: pin.id ?? null,
    external_id: pin.externalId ?? null,
    session: pin.session ?? null,
    collection: pin.collection ?? null,
    content_hash: pin.contentHash ?? null,
    expires_at: pin.expiresAt?.toISOString() ?? null,
  })),
  takes_pinned: set.takesPinned,
  queries: set.queries.map(toQueryDto),
  session: set.session,
  last_turns: set.lastTurns,
  token_budget: set.tokenBudget,
  summary: toSummaryWishDto(set.summary),
});

/** A line as the lib takes it. @param path the line's name @throws InvalidRequestError for a time that is none */
export const toImportedSet = (line: WorkingSetLineDto, path: string): ImportedSet => ({
  ...toSetParts(line),
  name: line.name,
  pins: (line.pinned_items ?? []).map(toPinReference),
  path,
});

const toPinReference = (pin: PinLineDto): PinReference => ({
  id: pin.id?.toLowerCase(),
  externalId: pin.external_id ?? undefined,
  session: pin.session ?? undefined,
  collection: pin.collection ?? undefined,
  contentHash: pin.content_hash ?? undefined,
  expiresAt: pin.expires_at == null ? undefined : readTime(pin.expires_at, 'pinned_items.expires_at'),
});
