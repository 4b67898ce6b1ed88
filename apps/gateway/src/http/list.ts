import { ApiProperty } from '@nestjs/swagger';
import type { Page } from '#common';

/** What every list of ours has around its `data`. */
export abstract class ListDto {
  @ApiProperty({ example: 'list' })
  object: 'list';

  @ApiProperty({ description: 'Whether there is another page', example: false })
  has_more: boolean;

  @ApiProperty({
    type: String,
    description: 'Send it as `cursor` to read on; null on the last page',
    example: null,
    nullable: true,
  })
  next_cursor: string | null;
}

/** A page as it goes over the wire. */
export const listOf = <Row, Dto>({ data, nextCursor }: Page<Row>, toDto: (row: Row) => Dto) => ({
  object: 'list' as const,
  data: data.map(toDto),
  has_more: nextCursor !== null,
  next_cursor: nextCursor,
});
