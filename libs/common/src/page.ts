/** One page of a list and where the next one begins. */
export interface Page<Row> {
  data: Row[];
  /** Give it back to read on; null on the last page. */
  nextCursor: string | null;
}

/**
 * Cuts a page out of what a query found.
 *
 * @param rows up to `limit + 1` of them: the one too many only says that there is more
 * @param cursorOf where the page after this row begins
 */
export function pageOf<Row>(rows: Row[], limit: number, cursorOf: (last: Row) => string): Page<Row> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: last !== undefined && rows.length > limit ? cursorOf(last) : null };
}
