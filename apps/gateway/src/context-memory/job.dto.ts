import { ApiProperty } from '@nestjs/swagger';
import type { ContextJob } from '#context-memory';

const statuses = ['pending', 'processing', 'completed', 'failed'] as const;

class JobErrorDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000002' })
  id: string;

  @ApiProperty({ example: 'the text could not be embedded' })
  error: string;
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

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  created_at: string;

  @ApiProperty({ example: '/v1/context/jobs/0199e7a2-3c00-7000-8000-000000000001' })
  status_url: string;
}

/** A job as it goes over the wire. */
export const toJobDto = ({ id, createdAt, ...job }: ContextJob): JobDto => ({
  id,
  object: 'context.job',
  ...job,
  created_at: createdAt.toISOString(),
  status_url: `/v1/context/jobs/${id}`,
});
