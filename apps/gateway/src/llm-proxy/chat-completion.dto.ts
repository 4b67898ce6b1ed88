import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** The gateway's one extension of the OpenAI body. For the documentation: the body itself is checked by libs/llm-proxy. */
export class ContextWishesDto {
  @ApiProperty({
    required: false,
    default: true,
    description:
      'Recall what the workspace stored and put it before the last user message. With `working_set` only if it is true.',
  })
  recall?: boolean;

  @ApiProperty({
    required: false,
    example: 'standup-2026-11-22',
    description: 'The conversation this call belongs to.',
  })
  session?: string;

  @ApiProperty({
    required: false,
    type: 'integer',
    example: 500,
    description: 'Tokens of recalled context at most; CONTEXT_TOKEN_BUDGET by default.',
  })
  token_budget?: number;

  @ApiProperty({
    required: false,
    minimum: 0,
    maximum: 1,
    example: 0.3,
    description:
      'Put in nothing where it is less likely that the workspace knows something of the question; CONTEXT_MIN_RELEVANCE by default.',
  })
  min_relevance?: number;

  @ApiPropertyOptional({
    example: { topic: 'deploys' },
    description: 'Recall only items whose metadata fits.',
    type: 'object',
    additionalProperties: true,
  })
  filter?: Record<string, unknown>;

  @ApiProperty({
    required: false,
    enum: ['before_question', 'after_question'],
    default: 'before_question',
    description:
      'Where recalled context goes: before the last user message, or behind it, so that a provider’s cache holds that message for the next call, too.',
  })
  placement?: 'before_question' | 'after_question';

  @ApiProperty({
    required: false,
    example: 'support',
    description: 'Name or id of a working set whose block goes where recalled context goes, before it.',
  })
  working_set?: string;

  @ApiProperty({
    required: false,
    description:
      'Store the last user message and the reply when it is complete; by default true for a call that names its session.',
  })
  save?: boolean;
}

/** What the gateway reads of a chat body. */
export class ChatCompletionDto {
  @ApiProperty({
    required: false,
    example: 'demo/echo-with-context',
    description:
      'One of the upstream’s or of the workspace’s own; the workspace’s default model when not given',
  })
  model?: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ role: 'user', content: 'When do we release?' }],
    description: 'As OpenAI and OpenRouter take them; every other field of theirs is passed through.',
  })
  messages: Record<string, unknown>[];

  @ApiProperty({ required: false, default: false })
  stream?: boolean;

  @ApiProperty({
    required: false,
    type: ContextWishesDto,
    description: 'Also as headers: `x-context-recall: true`, …',
  })
  context?: ContextWishesDto;
}
