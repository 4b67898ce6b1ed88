import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsNumber, IsObject, IsOptional, IsString, Max, Min } from 'class-validator';
import { IsTime } from '../http/is-time.decorator.js';

/** What may be said about any text that is stored. */
export class ItemDetailsDto {
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Yours to filter by; up to 16 KB, 8 levels deep',
    example: { team: 'support', year: 2026 },
  })
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: '0 to 1; moves ranking gently',
    example: 0.5,
    required: false,
  })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  // The column is a real: a number too small for it becomes 0, not an error.
  @Transform(({ value }: { value: unknown }) => (typeof value === 'number' ? Math.fround(value) : value))
  importance?: number | null;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description:
      'Working sets with `takes_pinned` have it first; lists, filters and forgetting may ask for it',
    example: false,
    required: false,
  })
  @IsOptional()
  @IsBoolean()
  pinned?: boolean | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'What it is kept with, a name of yours',
    example: 'handbook',
    required: false,
  })
  @IsOptional()
  @IsString()
  collection?: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'From then on the item does not exist',
    example: '2030-01-31T09:00:00Z',
    required: false,
  })
  @IsOptional()
  @IsTime()
  expires_at?: string | null;
}

/** How a text is named and where it belongs. */
export class NamedItemDto extends ItemDetailsDto {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Up to 500 characters',
    example: 'Refund policy',
    required: false,
  })
  @IsOptional()
  @IsString()
  title?: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'What it is, a word of yours; `note` when not given, `document` for a document',
    example: 'note',
    required: false,
  })
  @IsOptional()
  @IsString()
  kind?: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The conversation it belongs to',
    example: 'chat-42',
    required: false,
  })
  @IsOptional()
  @IsString()
  session?: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Your own id: a later post with it replaces this one',
    example: 'kb/refunds.md',
    required: false,
  })
  @IsOptional()
  @IsString()
  external_id?: string | null;
}
