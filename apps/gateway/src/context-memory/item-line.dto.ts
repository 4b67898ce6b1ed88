import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { type ExportedItem, textFormats, type TextFormat } from '#context-memory';
import { IsTime } from '../http/is-time.decorator.js';
import { NamedItemDto } from './item-fields.dto.js';

/** One line of an export, and of an import, which needs no more than `content`: an item with everything but its vectors. */
export class ItemLineDto extends NamedItemDto {
  @ApiProperty({ example: 'context.item', required: false })
  @IsOptional()
  @IsIn(['context.item'])
  object?: 'context.item';

  @ApiProperty({
    description: 'Where it was exported; an import makes an id of its own',
    example: '0199e7a2-3c00-7000-8000-000000000002',
    required: false,
  })
  @IsOptional()
  @IsString()
  id?: string;

  @ApiProperty({ description: 'The whole text', example: 'Refunds take 30 days.' })
  @IsString()
  content: string;

  @ApiProperty({
    nullable: true,
    description: 'How a document is split; null for a text that is no document',
    enum: textFormats,
    required: false,
  })
  @IsOptional()
  @IsIn(textFormats)
  format?: TextFormat | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Searched and embedded with the text: of a turn its date and speaker',
    example: '7 May 2023, Caroline',
    required: false,
  })
  @IsOptional()
  @IsString()
  heading?: string | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'Its place in the session; an import gives it the next one if it has none or another item holds it',
    example: 3,
    required: false,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  session_position?: number | null;

  @ApiProperty({ example: 1, required: false })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  version?: number;

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z', required: false })
  @IsOptional()
  @IsTime()
  created_at?: string;

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z', required: false })
  @IsOptional()
  @IsTime()
  updated_at?: string;
}

/** An item as a line. */
export const toItemLine = (item: ExportedItem): ItemLineDto => ({
  object: 'context.item',
  id: item.id,
  kind: item.kind,
  title: item.title,
  content: item.content,
  format: item.format,
  heading: item.heading,
  session: item.session,
  session_position: item.sessionPosition,
  collection: item.collection,
  external_id: item.externalId,
  metadata: item.metadata,
  importance: item.importance,
  pinned: item.pinned,
  expires_at: item.expiresAt?.toISOString() ?? null,
  version: item.version,
  created_at: item.createdAt.toISOString(),
  updated_at: item.updatedAt.toISOString(),
});
