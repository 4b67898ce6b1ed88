import { assertStorable, InvalidRequestError, readTime } from '#common';
import { type ItemQuery, type ItemSelection, parseFilter, readCursor } from '#context-memory';
import type { ExportQueryDto } from './transfer.dto.js';
import type { ItemListQueryDto } from './item.dto.js';
import type { ItemQueryDto } from './item-query.dto.js';

/** The query string of a list as the lib asks. @throws InvalidRequestError naming the parameter */
export const toItemQuery = ({ limit, cursor, ...query }: ItemListQueryDto): ItemQuery => ({
  ...selectionOf(query),
  limit,
  after: cursor === undefined ? undefined : readCursor(cursor),
});

/** The query string of an export as the lib asks. @throws InvalidRequestError naming the parameter */
export const toItemSelection = (query: ExportQueryDto): ItemSelection => ({
  ...selectionOf(query),
  externalId: storableParam(query.external_id, 'external_id'),
  createdAfter: timeParam(query.created_after, 'created_after'),
  createdBefore: timeParam(query.created_before, 'created_before'),
});

const selectionOf = ({ filter, session, kind, collection, pinned }: ItemQueryDto): ItemSelection => ({
  session: storableParam(session, 'session'),
  kind: storableParam(kind, 'kind'),
  collection: storableParam(collection, 'collection'),
  pinned: pinned === undefined ? undefined : pinned === 'true',
  filter: filter === undefined ? undefined : parseFilter(parsed(filter)),
});

const timeParam = (text: string | undefined, param: string): Date | undefined =>
  text === undefined ? undefined : readTime(text, param);

function storableParam(text: string | undefined, param: string): string | undefined {
  if (text !== undefined) assertStorable(text, param);
  return text;
}

function parsed(filter: string): unknown {
  try {
    return JSON.parse(filter);
  } catch {
    throw new InvalidRequestError('filter must be JSON', 'filter');
  }
}
