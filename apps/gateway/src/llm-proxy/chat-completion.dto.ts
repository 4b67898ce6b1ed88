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

  @ApiPropertyOptional({
    example: { topic: 'deploys' },
    description: 'Recall only items whose metadata fits.',
    type: 'object',
    additionalProperties: true,
  })
  filter?: Record<string, unknown>;

  @ApiProperty({
    required: false,
    example: 'support',
    description:
      'Name or id of a working set whose block goes before the last user message, and before what is recalled.',
  })
  working_set?: string;

  @ApiProperty({
    required: false,
    default: false,
    description: 'Store the last user message and the reply when it is complete.',
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
