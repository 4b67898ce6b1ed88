import { ApiProperty } from '@nestjs/swagger';
import type { Receipt, TitledReceiptItem } from '#context-memory';

class OutcomeDto {
  @ApiProperty({ example: 'completed' })
  status: string;

  @ApiProperty({ example: 200 })
  status_code: number;

  @ApiProperty({ example: 'openai/gpt-4o-mini' })
  model: string;

  @ApiProperty({ example: 812 })
  prompt_tokens: number;

  @ApiProperty({ example: 96 })
  completion_tokens: number;

  @ApiProperty({ example: 214 })
  context_tokens: number;

  @ApiProperty({ type: String, description: 'US dollars, a decimal', example: '0.000179', nullable: true })
  cost: string | null;

  @ApiProperty({ example: 840 })
  latency_ms: number;

  @ApiProperty({ type: String, example: 'gen-1764', nullable: true })
  generation_id: string | null;

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  created_at: string;
}

class ReceiptSummaryDto {
  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  made_at: string;

  @ApiProperty({ example: 'openai/gpt-4o-mini' })
  model: string;

  @ApiProperty({ example: 120 })
  tokens: number;

  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000007' })
  usage_event_id: string;
}

class ReceiptWorkingSetDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000006' })
  id: string;

  @ApiProperty({
    type: String,
    description: 'As it is now; null once it is gone',
    example: 'support',
    nullable: true,
  })
  name: string | null;

  @ApiProperty({ description: 'As it was then', example: 3 })
  version: number;

  @ApiProperty({ type: ReceiptSummaryDto, description: 'The summary that was put in', nullable: true })
  summary: ReceiptSummaryDto | null;
}

/** What went into a call from memory, and why. */
export class ReceiptDto {
  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000003' })
  id: string;

  @ApiProperty({ example: 'context.receipt' })
  object: 'context.receipt';

  @ApiProperty({ example: '0199e7a2-3c00-7000-8000-000000000004' })
  request_id: string;

  @ApiProperty({ type: String, example: 'openai/gpt-4o-mini', nullable: true })
  model: string | null;

  @ApiProperty({ type: String, example: 'chat-42', nullable: true })
  session: string | null;

  @ApiProperty({
    type: String,
    description: 'What memory was asked; null once an item that answered it is gone',
    example: 'How long do refunds take?',
    nullable: true,
  })
  query: string | null;

  @ApiProperty({ type: Number, example: 1_024, nullable: true })
  token_budget: number | null;

  @ApiProperty({ description: 'The working set that went in', type: ReceiptWorkingSetDto, nullable: true })
  working_set: ReceiptWorkingSetDto | null;

  @ApiProperty({ description: 'Of the block that went in', example: 214 })
  tokens: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'How likely it was that memory knew something of the question; null where nobody could tell',
    example: 0.97,
  })
  relevance: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Below it nothing is put in; null when memory was not asked',
    example: 0.3,
  })
  min_relevance: number | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Candidates by what became of them, in the words of `explain`',
    example: { fits: 3, over_budget: 1, below_top_k: 40 },
  })
  decisions: Record<string, number>;

  @ApiProperty({
    description:
      'Items as they were then: id, citation (2 for `[2]` in the block), version, score, scores (not of a working set’s), tokens, part; their titles as they are now, null once gone',
    type: 'array',
    items: { type: 'object' },
  })
  items: TitledReceiptItem[];

  @ApiProperty({ type: [String], example: [] })
  degraded: string[];

  @ApiProperty({
    description:
      'Calls to the upstream, in order: model, outcome (answered, failed, skipped, cancelled), kind of failure, status_code, latency_ms, generation_id',
    type: 'array',
    items: { type: 'object' },
  })
  attempts: unknown[];

  @ApiProperty({ example: '2026-11-22T08:30:00.000Z' })
  created_at: string;

  @ApiProperty({
    description: 'How the call ended; null until the ledger has it',
    type: OutcomeDto,
    nullable: true,
  })
  outcome: OutcomeDto | null;
}

/** A receipt as it goes over the wire. */
export const toReceiptDto = (receipt: Receipt): ReceiptDto => ({
  id: receipt.id,
  object: 'context.receipt',
  request_id: receipt.requestId,
  model: receipt.model ?? null,
  session: receipt.session ?? null,
  query: receipt.query ?? null,
  token_budget: receipt.tokenBudget ?? null,
  working_set: receipt.workingSet ?? null,
  tokens: receipt.tokens,
  relevance: receipt.relevance ?? null,
  min_relevance: receipt.minRelevance ?? null,
  decisions: receipt.decisions,
  items: receipt.items,
  degraded: receipt.degraded,
  attempts: receipt.attempts,
  created_at: receipt.createdAt.toISOString(),
  outcome: receipt.outcome ? toOutcomeDto(receipt.outcome) : null,
});

const toOutcomeDto = (outcome: NonNullable<Receipt['outcome']>): OutcomeDto => ({
  status: outcome.status,
  status_code: outcome.statusCode,
  model: outcome.model,
  prompt_tokens: outcome.promptTokens,
  completion_tokens: outcome.completionTokens,
  context_tokens: outcome.contextTokens,
  cost: outcome.cost,
  latency_ms: outcome.latencyMs,
  generation_id: outcome.generationId,
  created_at: outcome.createdAt.toISOString(),
});
