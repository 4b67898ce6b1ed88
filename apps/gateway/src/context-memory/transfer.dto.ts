import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import type { ImportResult } from '#context-memory';
import { IsTime } from '../http/is-time.decorator.js';
import { ItemQueryDto } from './item-query.dto.js';
import { JobDto, toJobDto } from './job.dto.js';

/** Which items; all that is given must hold. */
export class ExportQueryDto extends ItemQueryDto {
  @ApiProperty({ example: 'kb/refunds.md', required: false })
  @IsOptional()
  @IsString()
  external_id?: string;

  @ApiProperty({ description: 'Inclusive', example: '2026-11-01T00:00:00Z', required: false })
  @IsOptional()
  @IsTime()
  created_after?: string;

  @ApiProperty({ description: 'Exclusive', example: '2026-12-01T00:00:00Z', required: false })
  @IsOptional()
  @IsTime()
  created_before?: string;
}

class ImportedSetsDto {
  @ApiProperty({ description: 'Whose name was not there before', example: 1 })
  imported: number;

  @ApiProperty({ description: 'That were, and stay as they are', example: 0 })
  duplicates: number;
}

/** What became of an import. */
export class ImportResultDto {
  @ApiProperty({ type: JobDto })
  job: JobDto;

  @ApiProperty({ description: 'Items that were not there before', example: 2 })
  imported: number;

  @ApiProperty({ description: 'Items that were, and stay as they are', example: 0 })
  duplicates: number;

  @ApiProperty({
    description: 'Items that have expired since they were exported, and are left out',
    example: 0,
  })
  expired: number;

  @ApiProperty({ type: ImportedSetsDto })
  working_sets: ImportedSetsDto;
}

/** What became of an import, as it goes over the wire. */
export const toImportResultDto = ({ job, workingSets, ...counts }: ImportResult): ImportResultDto => ({
  job: toJobDto(job),
  ...counts,
  working_sets: workingSets,
});
