import type { Page } from '#common';

/** A page as every list of ours looks on the wire. */
export const toList = <Row, Dto>({ data, nextCursor }: Page<Row>, toDto: (row: Row) => Dto) => ({
  object: 'list' as const,
  data: data.map(toDto),
  has_more: nextCursor !== null,
  next_cursor: nextCursor,
});
