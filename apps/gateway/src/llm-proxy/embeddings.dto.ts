import { ApiProperty } from '@nestjs/swagger';

/** For the documentation: the body itself is checked by libs/llm-proxy. */
export class EmbeddingsDto {
  @ApiProperty({ example: 'sim/embed' })
  model: string;

  @ApiProperty({ example: ['a text', 'another'], description: 'A text, texts, or tokens.', type: Array })
  input: string[];

  @ApiProperty({ required: false, enum: ['float', 'base64'], default: 'float' })
  encoding_format?: string;

  @ApiProperty({ required: false, example: 256 })
  dimensions?: number;
}
