import { ApiProperty } from '@nestjs/swagger';
import type { IngestResult } from '#context-memory';
import { JobDto, toJobDto } from './job.dto.js';

class PostedItemDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000002' })
  id: string;

  @ApiProperty({ example: 'context.item' })
  object: 'context.item';

  @ApiProperty({ enum: ['pending', 'embedded', 'failed'] })
  status: 'pending' | 'embedded' | 'failed';

  @ApiProperty({ description: 'Present when an earlier post had stored it', example: true, required: false })
  duplicate?: true;
}

/** One entry for each posted text, in their order. */
export class IngestResultDto {
  @ApiProperty({ type: JobDto })
  job: JobDto;

  @ApiProperty({ type: [PostedItemDto] })
  items: PostedItemDto[];
}

/** What became of a post, as it goes over the wire. */
export const toIngestResultDto = ({ job, items }: IngestResult): IngestResultDto => ({
  job: toJobDto(job),
  items: items.map(({ id, status, duplicate }) => ({
    id,
    object: 'context.item',
    status,
    ...(duplicate && { duplicate: true }),
  })),
});
