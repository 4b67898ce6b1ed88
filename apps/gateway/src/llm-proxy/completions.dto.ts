import { ApiProperty } from '@nestjs/swagger';

/** What the gateway reads of a text completion's body. For the documentation: libs/llm-proxy checks the body itself. */
export class TextCompletionDto {
  @ApiProperty({ example: 'sim/fast' })
  model: string;

  @ApiProperty({
    example: 'Once upon a time',
    description: 'A text, texts, or tokens.',
    oneOf: [
      { type: 'string' },
      { type: 'array', items: { type: 'string' } },
      { type: 'array', items: { type: 'integer' } },
      { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
    ],
  })
  prompt: string | string[] | number[] | number[][];

  @ApiProperty({ required: false, type: 'integer', example: 16 })
  max_tokens?: number;

  @ApiProperty({ required: false, default: false })
  stream?: boolean;
}
