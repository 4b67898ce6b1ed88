import type { WorkspaceScope } from '#database';
import { type ItemSelection, selectionSql } from '../filter/item-selection.js';
import { SqlParameters } from '../filter/sql-parameters.js';
import type { PageMark } from './page-cursor.js';

/** How much of a selection is read at once: whichever ends first, but one item at least. */
const pageItems = 500;
const pageBytes = 4 * 1024 * 1024;

/** A page of items, the oldest first. */
export interface OldestFirst {
  selection: ItemSelection;
  /** Only those behind this one. */
  after?: PageMark;
  /** Only those up to this one, and it. */
  upTo?: PageMark;
  /** Whether what has expired counts, until it is swept. */
  expired: boolean;
}

/**
 * Reads a page whose texts are small enough to be held together, whatever a text may weigh.
 * @param columns SQL of what is wanted of each item; `head`, its row at position 0, and its `document` are in scope
 */
export function readOldestFirst<Row>(
  scope: WorkspaceScope,
  { selection, after, upTo, expired }: OldestFirst,
  columns: string,
): Promise<Row[]> {
  const parameters = new SqlParameters();
  const conditions = [`workspace_id = ${parameters.add(scope.workspaceId)}`, 'position = 0'];
  const mark = ({ createdAt, id }: PageMark) =>
    `(${parameters.add(createdAt)}::timestamptz, ${parameters.add(id)}::uuid)`;
  if (!expired) conditions.push('(expires_at IS NULL OR expires_at > now())');
  if (after) conditions.push(`(created_at, id) > ${mark(after)}`);
  if (upTo) conditions.push(`(created_at, id) <= ${mark(upTo)}`);
  conditions.push(...selectionSql(selection, parameters));
  // octet_length of a large text reads its size, not the text.
  return scope.query<Row>(
    `SELECT ${columns} FROM (
       SELECT head.*, sum(octet_length(coalesce(whole.content, head.content))) OVER in_order AS bytes_so_far,
              row_number() OVER in_order AS place
       FROM (SELECT * FROM context_items WHERE ${conditions.join(' AND ')} ORDER BY created_at, id LIMIT ${pageItems}) AS head
       LEFT JOIN context_documents AS whole ON whole.id = head.document_id
       WINDOW in_order AS (ORDER BY head.created_at, head.id)
     ) AS head
     LEFT JOIN context_documents AS document ON document.id = head.document_id
     WHERE bytes_so_far <= ${pageBytes} OR place = 1 ORDER BY place`,
    parameters.values,
  );
}
