import { ApiProperty } from '@nestjs/swagger';
import type { RecalledItem, RecallResult } from '#context-memory';
import { ExplanationDto, toExplanationDto } from './explanation.dto.js';

class LegScoresDto {
  @ApiProperty({ description: 'By meaning, 0 to 1 among the candidates', example: 0.94 })
  dense: number;

  @ApiProperty({ description: 'By words, 0 to 1 among the candidates', example: 0.61 })
  lexical: number;
}

/** A part of a document. */
export class PartDto {
  @ApiProperty({ description: 'From 0', example: 0 })
  position: number;

  @ApiProperty({ example: 3 })
  of: number;

  @ApiProperty({ description: 'On which it begins, from 1; of a text with pages', required: false })
  page?: number;
}

class RecalledItemDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000002' })
  id: string;

  @ApiProperty({ type: String, example: 'Refund policy', nullable: true })
  title: string | null;

  @ApiProperty({ example: 'Refunds take 30 days.' })
  content: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { team: 'support' } })
  metadata: Record<string, unknown>;

  @ApiProperty({ example: 'note' })
  kind: string;

  @ApiProperty({ type: String, example: null, nullable: true })
  session: string | null;

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  created_at: string;

  @ApiProperty({ example: 1 })
  version: number;

  @ApiProperty({ description: 'Comparable within one answer only', example: 0.81 })
  score: number;

  @ApiProperty({ type: LegScoresDto })
  scores: LegScoresDto;

  @ApiProperty({ example: 6 })
  tokens: number;

  @ApiProperty({ description: 'Which part of a document this is', type: PartDto, required: false })
  part?: PartDto;
}

class CitationDto {
  @ApiProperty({ description: 'The entry `[1]` of the block', example: 1 })
  number: number;

  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000002' })
  id: string;

  @ApiProperty({ type: String, example: 'Refund policy', nullable: true })
  title: string | null;
}

/** Packed text. */
export class ContextBlockDto {
  @ApiProperty({ description: 'Ready to be pasted into a prompt; empty when nothing fits' })
  text: string;

  @ApiProperty({ description: 'Of the text, fence and citations included', example: 57 })
  tokens: number;

  @ApiProperty({ type: [CitationDto] })
  citations: CitationDto[];
}

/** What was found, and the block it was packed into. */
export class RecallResultDto {
  @ApiProperty({ example: 'context.recall' })
  object: 'context.recall';

  @ApiProperty({ description: 'Best first', type: [RecalledItemDto] })
  items: RecalledItemDto[];

  @ApiProperty({ type: ContextBlockDto })
  context: ContextBlockDto;

  @ApiProperty({
    description:
      'What was away: `dense`, the leg by meaning; `dense_fallback`: a local embedding space stood in for the usual one',
    example: [],
    type: [String],
  })
  degraded: string[];

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'How likely it is that the workspace knows something of it, 0 to 1; comparable between answers. Null where nobody can tell: without vectors, or for an embedding model that was not calibrated',
    example: 0.97,
  })
  relevance: number | null;

  @ApiProperty({ type: ExplanationDto, required: false })
  explain?: ExplanationDto;
}

/** A recall as it goes over the wire. */
export const toRecallResultDto = (result: RecallResult, explain: boolean): RecallResultDto => ({
  object: 'context.recall',
  items: result.items.map(toRecalledItemDto),
  context: result.context,
  degraded: result.degraded,
  relevance: result.relevance ?? null,
  ...(explain && { explain: toExplanationDto(result.explanation) }),
});

const toRecalledItemDto = ({ createdAt, ...item }: RecalledItem): RecalledItemDto => ({
  ...item,
  created_at: createdAt.toISOString(),
});
