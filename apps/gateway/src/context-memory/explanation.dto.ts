import { ApiProperty } from '@nestjs/swagger';
import type { RecallResult } from '#context-memory';

const reasons = [
  'fits',
  'over_budget',
  'below_top_k',
  'same_text',
  'in_conversation',
  'gone',
  'not_relevant',
] as const;

class CandidateRanksDto {
  @ApiProperty({ type: Number, nullable: true, example: 1 })
  dense: number | null;

  @ApiProperty({ type: Number, nullable: true, example: 2 })
  lexical: number | null;

  @ApiProperty({ example: 1 })
  final: number;
}

class CandidateScoresDto {
  @ApiProperty({ example: 0.94 })
  dense: number;

  @ApiProperty({ description: 'By its own words', example: 0.55 })
  words: number;

  @ApiProperty({ description: 'By its words and those of the turn before', example: 0.61 })
  lexical: number;

  @ApiProperty({ description: 'Both legs and the neighbours', example: 0.8 })
  fused: number;

  @ApiProperty({ description: 'Importance, age and repetition weighed in', example: 0.81 })
  final: number;
}

class CandidateDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000002' })
  id: string;

  @ApiProperty({ description: 'Of a part in its document', required: false })
  position?: number;

  @ApiProperty({ type: CandidateRanksDto })
  ranks: CandidateRanksDto;

  @ApiProperty({ type: CandidateScoresDto })
  scores: CandidateScoresDto;

  @ApiProperty({ enum: ['packed', 'dropped'] })
  decision: 'packed' | 'dropped';

  @ApiProperty({ enum: reasons })
  reason: (typeof reasons)[number];
}

class TimingsDto {
  @ApiProperty({ example: 4.1 })
  embed: number;

  @ApiProperty({ example: 6.3 })
  search: number;

  @ApiProperty({ example: 0.7 })
  pack: number;

  @ApiProperty({ example: 11.1 })
  total: number;
}

class EvidenceDto {
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Cosine similarity of the nearest; null without vectors',
    example: 0.91,
  })
  similarity: number | null;

  @ApiProperty({
    description: 'Of the best by words: a share of what all words of the question are worth',
    example: 0.62,
  })
  words: number;

  @ApiProperty({ description: 'Rows that were searched', example: 412 })
  among: number;
}

/** Why the answer is what it is. */
export class ExplanationDto {
  @ApiProperty({ description: 'How vectors were searched', enum: ['exact', 'hnsw', 'none'] })
  search: 'exact' | 'hnsw' | 'none';

  @ApiProperty({ description: 'What speaks for the workspace knowing something of it', type: EvidenceDto })
  evidence: EvidenceDto;
  @ApiProperty({
    type: String,
    description: 'The embedding space in which vectors were compared',
    example: 'local/gte-small-int8@384',
    nullable: true,
  })
  space: string | null;

  @ApiProperty({ description: 'Best first', type: [CandidateDto] })
  candidates: CandidateDto[];

  @ApiProperty({ type: TimingsDto })
  timings_ms: TimingsDto;
}

/** An explanation as it goes over the wire. */
export const toExplanationDto = ({
  timingsMs,
  ...explanation
}: RecallResult['explanation']): ExplanationDto => ({ ...explanation, timings_ms: timingsMs });
