import { ApiProperty } from '@nestjs/swagger';

/** A model as OpenAI shows it; whatever else the upstream tells of it stands beside. */
export class ModelDto {
  @ApiProperty({ example: 'demo/echo-with-context' })
  id: string;

  @ApiProperty({ example: 'model' })
  object: 'model';

  @ApiProperty({ description: 'Unix seconds', example: 1_764_000_000 })
  created: number;

  @ApiProperty({ example: 'demo' })
  owned_by: string;
}

/** OpenRouter's clients look for a next page. */
class ModelListLinksDto {
  @ApiProperty({ type: String, nullable: true, example: null })
  next: string | null;
}

/** OpenAI's list, which comes whole, and what OpenRouter's clients cannot do without. */
export class ModelListDto {
  @ApiProperty({ example: 'list' })
  object: 'list';

  @ApiProperty({ type: [ModelDto] })
  data: ModelDto[];

  @ApiProperty({ example: 4 })
  total_count: number;

  @ApiProperty({ type: ModelListLinksDto })
  links: ModelListLinksDto;
}

/** As OpenRouter answers. */
export class OneModelDto {
  @ApiProperty({ type: ModelDto })
  data: ModelDto;
}

class CountDto {
  @ApiProperty({ example: 4 })
  count: number;
}

/** As OpenRouter answers. */
export class ModelCountDto {
  @ApiProperty({ type: CountDto })
  data: CountDto;
}
