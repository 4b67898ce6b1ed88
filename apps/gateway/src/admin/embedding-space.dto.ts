import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { modelName } from '#auth';
import { InvalidRequestError, NotFoundError } from '#common';
import {
  type EmbeddingSpace,
  localSpace,
  type SpaceStatus,
  spaceStatuses,
  type SpaceWithProgress,
} from '#context-memory';
import { ListDto } from '../http/list.js';

const providers = ['local', 'openrouter'] as const;
const largestId = 32_767;

/** Which vectors are to be filled in. */
export class CreateEmbeddingSpaceDto {
  @ApiProperty({ enum: providers, description: '`local`: the model that comes with the gateway' })
  @IsIn(providers)
  provider: (typeof providers)[number];

  @ApiProperty({
    type: String,
    description: 'As OpenRouter names it; not for `local`',
    example: 'openai/text-embedding-3-small',
    nullable: true,
    required: false,
  })
  @IsOptional()
  @Matches(modelName, { message: '$property must be 1 to 200 letters, digits or any of . _ : @ / ~ -' })
  model?: string | null;

  @ApiProperty({
    type: 'integer',
    minimum: 8,
    maximum: 4_000,
    description: 'Numbers in a vector; not for `local`',
    example: 1_536,
    nullable: true,
    required: false,
  })
  @IsOptional()
  @IsInt()
  @Min(8)
  @Max(4_000)
  dimensions?: number | null;
}

/** The space that a request names. @throws InvalidRequestError naming the field */
export function toEmbeddingSpace({ provider, model, dimensions }: CreateEmbeddingSpaceDto): EmbeddingSpace {
  if (provider === 'local') {
    if (model != null) throw new InvalidRequestError('model goes with provider openrouter', 'model');
    if (dimensions != null) {
      throw new InvalidRequestError('dimensions go with provider openrouter', 'dimensions');
    }
    return localSpace;
  }
  if (model == null) throw new InvalidRequestError('model is required for provider openrouter', 'model');
  if (dimensions == null) {
    throw new InvalidRequestError('dimensions are required for provider openrouter', 'dimensions');
  }
  return { provider, model, dimensions };
}

/** The number in a path. @throws NotFoundError for what no space can have */
export function spaceIdOf(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > largestId)
    throw new NotFoundError('embedding space', text);
  return Number(text);
}

class FillFailureDto {
  @ApiProperty({ example: 'The embedding model openai/text-embedding-3-small is not available' })
  reason: string;

  @ApiProperty({ example: 3 })
  count: number;
}

class FillProgressDto {
  @ApiProperty({ description: 'Rows of items: a long text has several', example: 1_200 })
  total: number;

  @ApiProperty({ description: 'Have a vector in this space', example: 1_197 })
  done: number;

  @ApiProperty({ description: 'Were given up', example: 3 })
  failed: number;

  @ApiProperty({ description: 'Why, the most frequent first', type: [FillFailureDto] })
  failures: FillFailureDto[];
}

/** A space and how far it is filled. */
export class EmbeddingSpaceDto {
  @ApiProperty({ example: 'embedding_space' }) object: 'embedding_space';
  @ApiProperty({ example: 2 }) id: number;
  @ApiProperty({ example: 'openrouter' }) provider: string;
  @ApiProperty({ example: 'openai/text-embedding-3-small' }) model: string;
  @ApiProperty({ example: 1_536 }) dimensions: number;
  @ApiProperty({
    enum: spaceStatuses,
    description: '`active`: read; `standby`: kept filled; `retired`: being removed',
  })
  status: SpaceStatus;
  @ApiProperty({
    description: 'Some workspace is not filled yet, and is read by the space that was active before',
  })
  filling: boolean;
  @ApiProperty({ type: FillProgressDto }) fill: FillProgressDto;
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Every workspace was filled',
  })
  filled_at: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Last time; null: never' })
  activated_at: string | null;
}

/** All embedding spaces. */
export class EmbeddingSpaceListDto extends ListDto {
  @ApiProperty({ type: [EmbeddingSpaceDto] }) data: EmbeddingSpaceDto[];
}

/** A space as it goes over the wire. */
export const toEmbeddingSpaceDto = (space: SpaceWithProgress): EmbeddingSpaceDto => ({
  object: 'embedding_space',
  id: space.id,
  provider: space.provider,
  model: space.model,
  dimensions: space.dimensions,
  status: space.status,
  filling: space.filling,
  fill: space.fill,
  created_at: space.createdAt.toISOString(),
  filled_at: space.filledAt?.toISOString() ?? null,
  activated_at: space.activatedAt?.toISOString() ?? null,
});
