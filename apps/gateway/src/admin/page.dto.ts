import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';

/** How lists are read: a page at a time. */
export class PageQueryDto {
  @ApiProperty({ description: 'Rows a page', minimum: 1, maximum: 100, default: 20, required: false })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 20;

  @ApiProperty({ description: '`next_cursor` of the page before', required: false })
  @IsOptional()
  @IsUUID()
  cursor?: string;
}
