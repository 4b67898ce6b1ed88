import { ApiProperty } from '@nestjs/swagger';

/** An embeddings body. For the documentation: the body itself is checked by libs/llm-proxy. */
export class EmbeddingsDto {
  @ApiProperty({ example: 'sim/embed', description: 'One of the upstream’s or of the workspace’s own' })
  model: string;

  @ApiProperty({
    example: ['a text', 'another'],
    description: 'A text, texts, or tokens.',
    oneOf: [
      { type: 'string' },
      { type: 'array', items: { type: 'string' } },
      { type: 'array', items: { type: 'integer' } },
      { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
    ],
  })
  input: string | string[] | number[] | number[][];

  @ApiProperty({ required: false, enum: ['float', 'base64'], default: 'float' })
  encoding_format?: string;

  @ApiProperty({ required: false, type: 'integer', example: 256 })
  dimensions?: number;
}
