import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { type PiiClass, textFormats, type TextFormat } from '#context-memory';
import { IsTime } from '../http/is-time.decorator.js';
import { NamedItemDto } from './item-fields.dto.js';
import { Redact } from './redact.decorator.js';

/** Most texts in one request. */
const maxBatch = 100;

/** One turn of a conversation. */
export class MessageDto {
  @ApiProperty({ example: 'user' })
  @IsString()
  role: string;

  @ApiProperty({ description: 'A text', example: 'My flight to Lisbon leaves on 3 May.' })
  @IsString()
  content: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Who spoke',
    example: 'Caroline',
    required: false,
  })
  @IsOptional()
  @IsString()
  name?: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it was said',
    example: '2026-05-01T10:00:00Z',
    required: false,
  })
  @IsOptional()
  @IsTime()
  created_at?: string | null;
}

/** A longer text: kept whole, and found by its parts. */
export class DocumentDto extends NamedItemDto {
  @ApiProperty({ example: '# Refunds\n\nWithin 30 days of delivery.' })
  @IsString()
  content: string;

  @ApiProperty({
    nullable: true,
    description: 'How it is split: between paragraphs, at headings too, or before definitions',
    enum: textFormats,
    required: false,
  })
  @IsOptional()
  @IsIn(textFormats)
  format?: TextFormat | null;
}

/** One of: `content` (with its details), `messages`, `document`. */
export class IngestItemDto extends NamedItemDto {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'A text; up to CONTEXT_MAX_CONTENT_CHARS',
    example: 'Refunds take 30 days.',
    required: false,
  })
  @IsOptional()
  @IsString()
  content?: string | null;

  @ApiProperty({
    nullable: true,
    description: 'A conversation; each message is an item',
    type: [MessageDto],
    required: false,
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(maxBatch)
  @ValidateNested({ each: true })
  @Type(() => MessageDto)
  messages?: MessageDto[] | null;

  @ApiProperty({ nullable: true, description: 'A longer text', type: DocumentDto, required: false })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => DocumentDto)
  document?: DocumentDto | null;
}

/** One of: `content`, `messages`, `document`, or `items` with up to 100 of these. */
export class IngestDto extends IngestItemDto {
  @ApiProperty({ nullable: true, description: 'Up to 100 at once', type: [IngestItemDto], required: false })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(maxBatch)
  @ValidateNested({ each: true })
  @Type(() => IngestItemDto)
  items?: IngestItemDto[] | null;

  @Redact()
  redact?: PiiClass[] | null;
}

/** How a post is answered. */
export class IngestQueryDto {
  @ApiProperty({
    description: '`true`: answer when all is embedded',
    enum: ['true', 'false'],
    required: false,
  })
  @IsOptional()
  @IsIn(['true', 'false'])
  wait?: 'true' | 'false';
}
