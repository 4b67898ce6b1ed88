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

/** OpenAI's list, which comes whole. */
export class ModelListDto {
  @ApiProperty({ example: 'list' })
  object: 'list';

  @ApiProperty({ type: [ModelDto] })
  data: ModelDto[];
}
