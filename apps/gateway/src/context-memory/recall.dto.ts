import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
} from 'class-validator';
import { InvalidRequestError } from '#common';
import type { ChatMessage, RecallRequest } from '#context-memory';

/** A question, or the conversation that raises it. */
export class RecallDto {
  @ApiProperty({ type: String, nullable: true, example: 'How long do refunds take?', required: false })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  query?: string | null;

  @ApiProperty({
    nullable: true,
    description: 'A conversation as chat clients send it; what it says itself is not recalled',
    example: [{ role: 'user', content: 'How long do refunds take?' }],
    type: 'array',
    items: { type: 'object' },
    required: false,
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10_000)
  messages?: unknown[] | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Items to return',
    minimum: 1,
    maximum: 100,
    default: 10,
    required: false,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  top_k?: number | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Tokens of the packed block; CONTEXT_TOKEN_BUDGET when not given',
    example: 1_024,
    required: false,
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  token_budget?: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Find nothing when `relevance` is below this; 0 by default',
    minimum: 0,
    maximum: 1,
    example: 0.3,
    required: false,
  })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  min_relevance?: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Only items of this session',
    example: 'chat-42',
    required: false,
  })
  @IsOptional()
  @IsString()
  session?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      '`{and|or: […]}`, `{not: …}`, `{field: value}` or `{field: {eq, ne, in, nin, gt, gte, lt, lte, contains, exists}}`',
    example: { team: 'support', year: { gte: 2025 } },
  })
  @IsOptional()
  @IsObject()
  filter?: Record<string, unknown> | null;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Say for every candidate why it went in or not',
    required: false,
  })
  @IsOptional()
  @IsBoolean()
  explain?: boolean | null;
}

/** The question as the lib asks it. @throws InvalidRequestError for a message that is none */
export const toRecallRequest = (body: RecallDto, signal: AbortSignal): RecallRequest => ({
  query: body.query ?? undefined,
  messages: body.messages?.map(toMessage),
  topK: body.top_k ?? undefined,
  tokenBudget: body.token_budget ?? undefined,
  minRelevance: body.min_relevance ?? undefined,
  session: body.session ?? undefined,
  filter: body.filter ?? undefined,
  signal,
});

/** Messages hold whatever chat clients send; only their role and text matter here. */
function toMessage(message: unknown, index: number): ChatMessage {
  if (
    typeof message === 'object' &&
    message !== null &&
    'role' in message &&
    typeof message.role === 'string'
  ) {
    return { role: message.role, content: 'content' in message ? message.content : undefined };
  }
  throw new InvalidRequestError(`messages[${index}].role must be a string`, `messages[${index}].role`);
}
