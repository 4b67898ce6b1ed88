import { ApiProperty } from '@nestjs/swagger';
import type { Erasure, ErasurePreview } from '#context-memory';
import { ListDto } from '../http/list.js';
import { PageQuery } from '../http/page.dto.js';

class ErasedCountsDto {
  @ApiProperty({ description: 'Items; a long text is one', example: 12 })
  items: number;

  @ApiProperty({ description: 'Rows, with their vectors', example: 31 })
  context_items: number;

  @ApiProperty({ description: 'Whole texts kept beside their parts', example: 2 })
  context_documents: number;

  @ApiProperty({ description: 'Vectors of other embedding spaces, kept beside the rows', example: 31 })
  context_vectors: number;

  @ApiProperty({ description: 'Receipts that lost the question they held', example: 5 })
  context_receipts: number;

  @ApiProperty({ description: 'Working sets, with their queries', example: 0 })
  context_working_sets: number;

  @ApiProperty({ description: 'Summaries of working sets, made of what went', example: 1 })
  context_set_summaries: number;

  @ApiProperty({ description: 'Uploaded files that were not read yet', example: 0 })
  context_files: number;
}

/** What was forgotten, or would be; holds no content. */
export class ErasureDto {
  @ApiProperty({
    type: String,
    description: 'Null for a dry run, which is not kept',
    example: '0199e7a2-3c00-7000-8000-000000000005',
    nullable: true,
  })
  id: string | null;

  @ApiProperty({ example: 'context.erasure' })
  object: 'context.erasure';

  @ApiProperty({
    description: '`running` for ever if it broke off: the counts are gone, the rest is not',
    enum: ['dry_run', 'running', 'completed'],
  })
  status: 'dry_run' | 'running' | 'completed';

  @ApiProperty({ description: 'Public id of the key that asked', example: 'k1a2b3c4d5e6' })
  key_id: string;

  @ApiProperty({
    description: 'What was asked',
    type: 'object',
    additionalProperties: true,
    example: { session: 'chat-42' },
  })
  filter: Record<string, unknown>;

  @ApiProperty({ type: ErasedCountsDto })
  counts: ErasedCountsDto;

  @ApiProperty({ description: 'The oldest 1,000', type: [String] })
  item_ids: string[];

  @ApiProperty({
    type: String,
    description: 'SHA-256 of all ids, each with a line feed, the oldest item first, as an export lists them',
    nullable: true,
  })
  item_ids_sha256: string | null;

  @ApiProperty({ type: String, example: '2026-11-22T08:30:00.000Z', nullable: true })
  created_at: string | null;

  @ApiProperty({ type: String, example: '2026-11-22T08:30:01.000Z', nullable: true })
  completed_at: string | null;
}

/** One page of certificates. */
export class ErasureListDto extends ListDto {
  @ApiProperty({ type: [ErasureDto] })
  data: ErasureDto[];
}

/** Which certificates, a page at a time. */
export class ErasureListQueryDto extends PageQuery(20, 100) {}

/** A certificate as it goes over the wire. */
export const toErasureDto = (erasure: Erasure): ErasureDto => ({
  ...contentsOf(erasure),
  id: erasure.id,
  status: erasure.completedAt === null ? 'running' : 'completed',
  key_id: erasure.keyId,
  item_ids_sha256: erasure.itemIdsSha256,
  created_at: erasure.createdAt.toISOString(),
  completed_at: erasure.completedAt?.toISOString() ?? null,
});

/** What would go, as a certificate that is not kept. @param keyId of the caller */
export const toDryRunDto = (preview: ErasurePreview, keyId: string): ErasureDto => ({
  ...contentsOf(preview),
  id: null,
  status: 'dry_run',
  key_id: keyId,
  item_ids_sha256: null,
  created_at: null,
  completed_at: null,
});

const contentsOf = ({ filter, counts, itemIds }: ErasurePreview) => ({
  object: 'context.erasure' as const,
  filter,
  counts: {
    items: counts.items,
    context_items: counts.contextItems,
    context_documents: counts.contextDocuments,
    context_vectors: counts.contextVectors,
    context_receipts: counts.contextReceipts,
    context_working_sets: counts.contextWorkingSets,
    context_set_summaries: counts.contextSetSummaries,
    context_files: counts.contextFiles,
  },
  item_ids: itemIds,
});
