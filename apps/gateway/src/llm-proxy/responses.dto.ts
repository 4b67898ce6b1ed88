import { ApiProperty } from '@nestjs/swagger';
import { ContextWishesDto } from './chat-completion.dto.js';

/** What the gateway reads of a Responses body. For the documentation: the body itself is checked by libs/llm-proxy. */
export class ResponseRequestDto {
  @ApiProperty({ example: 'demo/echo-with-context' })
  model: string;

  @ApiProperty({
    example: 'When do we release?',
    description: 'A text, or items: messages, function calls and their outputs, reasoning.',
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'object', additionalProperties: true } }],
  })
  input: string | Record<string, unknown>[];

  @ApiProperty({ required: false, example: 'Answer briefly.' })
  instructions?: string;

  @ApiProperty({ required: false, type: 'integer', example: 500 })
  max_output_tokens?: number;

  @ApiProperty({ required: false, default: false })
  stream?: boolean;

  @ApiProperty({
    required: false,
    type: ContextWishesDto,
    description: 'Also as headers: `x-context-recall: true`, …',
  })
  context?: ContextWishesDto;
}
