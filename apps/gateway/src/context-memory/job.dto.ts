import { ApiProperty } from '@nestjs/swagger';
import type { ContextJob, FileStatus, PiiClass } from '#context-memory';

const statuses = ['pending', 'processing', 'completed', 'failed'] as const;

class JobErrorDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000002' })
  id: string;

  @ApiProperty({ example: 'the text could not be embedded' })
  error: string;
}

const fileStatuses = ['pending', 'parsed', 'failed', 'deleted'] as const satisfies FileStatus[];

/** Of a job that is an uploaded file. */
class JobFileDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000004' })
  id: string;

  @ApiProperty({ description: '`deleted`: forgotten, or replaced, before it was read', enum: fileStatuses })
  status: FileStatus;

  @ApiProperty({ description: 'What it became, once it is parsed', type: [String] })
  item_ids: string[];
}

/** How far the texts of one post are. */
export class JobDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000001' })
  id: string;

  @ApiProperty({ example: 'context.job' })
  object: 'context.job';

  @ApiProperty({ enum: statuses, example: 'completed' })
  status: (typeof statuses)[number];

  @ApiProperty({ description: 'Posted texts', example: 2 })
  total: number;

  @ApiProperty({ description: 'Found by meaning; those deleted since count too', example: 2 })
  embedded: number;

  @ApiProperty({ example: 0 })
  pending: number;

  @ApiProperty({ example: 0 })
  failed: number;

  @ApiProperty({ type: [JobErrorDto] })
  errors: JobErrorDto[];

  @ApiProperty({
    description: 'Personal data that was taken out, by class',
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { email: 2 },
  })
  redacted: Partial<Record<PiiClass, number>>;

  @ApiProperty({ type: JobFileDto, required: false })
  file?: JobFileDto;

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  created_at: string;

  @ApiProperty({ example: '/v1/context/jobs/0199e7a2-3c00-7000-8000-000000000001' })
  status_url: string;
}

/** A job as it goes over the wire. */
export const toJobDto = ({ id, createdAt, file, ...job }: ContextJob): JobDto => ({
  id,
  object: 'context.job',
  ...job,
  ...(file && { file: { id: file.id, status: file.status, item_ids: file.itemIds } }),
  created_at: createdAt.toISOString(),
  status_url: `/v1/context/jobs/${id}`,
});
