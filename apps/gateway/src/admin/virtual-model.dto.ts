import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import {
  maxTargets,
  maxWeight,
  modelName,
  routingStrategies,
  type RoutingStrategy,
  type VirtualModel,
} from '#auth';
import { ListDto } from '../http/list.js';
import { PageQuery } from '../http/page.dto.js';

const message = '$property must be 1 to 200 letters, digits or any of . _ : @ / ~ -';

/** Where a virtual model may lead. */
export class RoutingTargetDto {
  @ApiProperty({ description: 'The upstream’s name of a model', example: 'openai/gpt-4o-mini' })
  @Matches(modelName, { message })
  model: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    minimum: 0,
    maximum: maxWeight,
    description:
      'With `weighted`: how often it comes first, as a share of all weights; 0: only after others failed',
    example: 9,
    required: false,
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(maxWeight)
  weight?: number | null;
}

/** What a name of the workspace’s own stands for. An alias is an `ordered` one with a single target. */
export class PutVirtualModelDto {
  @ApiProperty({
    enum: routingStrategies,
    default: 'ordered',
    description:
      '`ordered`: tried as listed; `weighted`: begins with one chosen by weight, then the rest as listed',
    required: false,
  })
  @IsOptional()
  @IsIn(routingStrategies)
  strategy?: RoutingStrategy | null;

  @ApiProperty({
    type: [RoutingTargetDto],
    minItems: 1,
    maxItems: maxTargets,
    description: 'Real models, each once; its own name may be among them (that model, with fallbacks)',
    example: [{ model: 'openai/gpt-4o-mini' }, { model: 'anthropic/claude-haiku-4.5' }],
  })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(maxTargets)
  @ValidateNested({ each: true })
  @Type(() => RoutingTargetDto)
  targets: RoutingTargetDto[];
}

/** What is meant when a chat call names no model. */
export class DefaultModelDto {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'A virtual or a real model; null: calls must name one',
    example: 'openai/gpt-4o-mini',
  })
  @ValidateIf(({ model }: DefaultModelDto) => model !== null)
  @Matches(modelName, { message })
  model: string | null;
}

/** How a workspace’s virtual models are read; the cursor is the name that the page before ended with. */
export class VirtualModelQueryDto extends PageQuery(20, 100) {
  @Matches(modelName, { message })
  declare cursor?: string;
}

/** A virtual model. */
export class VirtualModelDto {
  @ApiProperty({ example: 'virtual_model' }) object: 'virtual_model';
  @ApiProperty({ example: 'fast' }) name: string;
  @ApiProperty({ format: 'uuid' }) workspace_id: string;
  @ApiProperty({ enum: routingStrategies }) strategy: RoutingStrategy;
  @ApiProperty({ type: [RoutingTargetDto] }) targets: RoutingTargetDto[];
  @ApiProperty({ format: 'date-time' }) created_at: string;
  @ApiProperty({ format: 'date-time' }) updated_at: string;
}

/** One page of virtual models. */
export class VirtualModelListDto extends ListDto {
  @ApiProperty({ type: [VirtualModelDto] }) data: VirtualModelDto[];
}

/** A virtual model as it goes over the wire. */
export const toVirtualModelDto = (model: VirtualModel): VirtualModelDto => ({
  object: 'virtual_model',
  name: model.name,
  workspace_id: model.workspaceId,
  strategy: model.strategy,
  targets: model.targets.map(({ model: target, weight }) => ({ model: target, weight })),
  created_at: model.createdAt.toISOString(),
  updated_at: model.updatedAt.toISOString(),
});
