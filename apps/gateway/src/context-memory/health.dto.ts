import { ApiProperty } from '@nestjs/swagger';
import type { RecallHealth } from '#context-memory';

class VectorCountsDto {
  @ApiProperty({ description: 'Found by meaning and by words', example: 1_204 })
  with_vectors: number;

  @ApiProperty({ description: 'Found by words alone', example: 3 })
  without_vectors: number;

  @ApiProperty({ description: 'Of those without: waiting to be embedded', example: 2 })
  pending: number;

  @ApiProperty({ description: 'Of those without: given up; `GET /v1/context/items` says why', example: 1 })
  failed: number;
}

/** How well a workspace's memory works. */
export class ContextHealthDto {
  @ApiProperty({ example: 'context.health' })
  object: 'context.health';

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'Share of the sample that came back when asked for without its most telling word; null until there is something to ask for',
    example: 0.95,
  })
  effectiveness: number | null;

  @ApiProperty({ description: 'Items that were asked for', example: 20 })
  sample_size: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Among how many of the first they had to be',
    example: 10,
  })
  top_k: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Null until the workspace was probed',
    example: '2026-11-22T08:30:00.000Z',
  })
  measured_at: string | null;

  @ApiProperty({ description: 'Rows that recall looks at: an item, or a part of one', type: VectorCountsDto })
  items: VectorCountsDto;

  @ApiProperty({ description: 'Legs that were away when it was measured', example: [], type: [String] })
  degraded: string[];
}

/** Health as it goes over the wire. */
export const toContextHealthDto = ({ measurement, items }: RecallHealth): ContextHealthDto => ({
  object: 'context.health',
  effectiveness: measurement && measurement.asked > 0 ? measurement.found / measurement.asked : null,
  sample_size: measurement?.asked ?? 0,
  top_k: measurement?.topK ?? null,
  measured_at: measurement?.measuredAt.toISOString() ?? null,
  items: {
    with_vectors: items.withVectors,
    without_vectors: items.withoutVectors,
    pending: items.pending,
    failed: items.failed,
  },
  degraded: measurement?.degraded ?? [],
});
