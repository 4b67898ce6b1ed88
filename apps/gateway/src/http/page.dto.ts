import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

/** Longer than any cursor we give out. */
const longestCursor = 2_000;

/**
 * How a list is read, a page at a time: the class that its query extends.
 * @param rows a page when the caller does not say
 * @param most rows a page
 */
export function PageQuery(rows: number, most: number) {
  class PageQueryDto {
    @ApiProperty({
      type: 'integer',
      description: 'Rows a page',
      minimum: 1,
      maximum: most,
      default: rows,
      required: false,
    })
    @IsOptional()
    @Type(() => Number)
    @IsInt()
    @Min(1)
    @Max(most)
    limit: number = rows;

    @ApiProperty({ description: '`next_cursor` of the page before', required: false })
    @IsOptional()
    @IsString()
    @MaxLength(longestCursor)
    cursor?: string;
  }
  return PageQueryDto;
}
