import { ApiProperty } from '@nestjs/swagger';
import { ContextWishesDto } from './chat-completion.dto.js';

/** What the gateway reads of a Messages body. For the documentation: the body itself is checked by libs/llm-proxy. */
export class MessageRequestDto {
  @ApiProperty({ example: 'demo/echo-with-context' })
  model: string;

  @ApiProperty({ required: false, type: 'integer', example: 500 })
  max_tokens?: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ role: 'user', content: 'When do we release?' }],
    description: 'As Anthropic takes them: text, images, documents, tool use and results, thinking.',
  })
  messages: Record<string, unknown>[];

  @ApiProperty({
    required: false,
    example: 'Answer briefly.',
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'object', additionalProperties: true } }],
  })
  system?: string | Record<string, unknown>[];

  @ApiProperty({ required: false, default: false })
  stream?: boolean;

  @ApiProperty({
    required: false,
    type: ContextWishesDto,
    description: 'Also as headers: `x-context-recall: true`, …',
  })
  context?: ContextWishesDto;
}

/** As Anthropic answers. */
export class TokenCountDto {
  @ApiProperty({ example: 14 })
  input_tokens: number;
}
