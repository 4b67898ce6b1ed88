import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import type { PiiClass } from '#context-memory';
import { NamedItemDto } from './item-fields.dto.js';
import { Redact } from './redact.decorator.js';

/** What is said of a file, whichever way it comes. */
export class FileDetailsDto extends NamedItemDto {
  @Redact()
  redact?: PiiClass[] | null;
}

class FileDto {
  @ApiProperty({
    description: 'May be a path; names the kind of file if media_type does not',
    example: 'handbook.pdf',
  })
  @IsString()
  filename: string;

  @ApiProperty({ type: String, nullable: true, example: 'application/pdf', required: false })
  @IsOptional()
  @IsString()
  media_type?: string | null;

  @ApiProperty({ description: 'The bytes, in base64', format: 'byte', example: 'SGVsbG8=' })
  @IsString()
  data: string;
}

/** A file in a JSON body. */
export class PostFileDto extends FileDetailsDto {
  @ApiProperty({ type: FileDto })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => FileDto)
  file: FileDto;
}

/** The same as a form: each detail is a field. */
export class FileFormDto extends OmitType(FileDetailsDto, [
  'metadata',
  'redact',
  'importance',
  'pinned',
] as const) {
  @ApiProperty({ type: 'string', format: 'binary' })
  file: unknown;

  @ApiPropertyOptional({ description: 'A JSON object', example: '{"team": "support"}' })
  metadata?: string;

  @ApiPropertyOptional({ description: '0 to 1', example: '0.5' })
  importance?: string;

  @ApiPropertyOptional({ enum: ['true', 'false'], example: 'true' })
  pinned?: string;

  @ApiPropertyOptional({ description: 'A comma list of classes', example: 'email,phone' })
  redact?: string;
}
