import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';

interface LimitSettingOptions {
  description: string;
  minimum: 0 | 1;
  maximum: number;
  example: number;
}

/** A limit that a workspace or a key may set: a whole number, or null for "inherited". A minimum of 0 means that 0 is no limit. */
export const LimitSetting = ({ description, minimum, maximum, example }: LimitSettingOptions) =>
  applyDecorators(
    ApiProperty({
      type: 'integer',
      nullable: true,
      minimum,
      maximum,
      example,
      description: `${description}${minimum === 0 ? '; 0: no limit' : ''}; null: inherited`,
    }),
    IsInt(),
    Min(minimum),
    Max(maximum),
  );
