import { assertStorable, InvalidRequestError, readTime } from '#common';
import { type ItemQuery, type ItemSelection, parseFilter, readCursor } from '#context-memory';
import type { ExportQueryDto } from './transfer.dto.js';
import type { ItemListQueryDto } from './item.dto.js';

/** The query string of a list as the lib asks. @throws InvalidRequestError naming the parameter */
export const toItemQuery = ({
  limit,
  cursor,
  filter,
  session,
  kind,
  collection,
  pinned,
}: ItemListQueryDto): ItemQuery => ({
  limit,
  session: session === undefined ? undefined : storableParam(session, 'session'),
  kind: kind === undefined ? undefined : storableParam(kind, 'kind'),
  collection: collection === undefined ? undefined : storableParam(collection, 'collection'),
  pinned: pinned === undefined ? undefined : pinned === 'true',
  after: cursor === undefined ? undefined : readCursor(cursor),
  filter: filter === undefined ? undefined : parseFilter(parsed(filter)),
});

/** The query string of an export as the lib asks. @throws InvalidRequestError naming the parameter */
export const toItemSelection = (query: ExportQueryDto): ItemSelection => ({
  session: query.session === undefined ? undefined : storableParam(query.session, 'session'),
  kind: query.kind === undefined ? undefined : storableParam(query.kind, 'kind'),
  collection: query.collection === undefined ? undefined : storableParam(query.collection, 'collection'),
  pinned: query.pinned === undefined ? undefined : query.pinned === 'true',
  externalId: query.external_id === undefined ? undefined : storableParam(query.external_id, 'external_id'),
  createdAfter: timeParam(query.created_after, 'created_after'),
  createdBefore: timeParam(query.created_before, 'created_before'),
  filter: query.filter === undefined ? undefined : parseFilter(parsed(query.filter)),
});

const timeParam = (text: string | undefined, param: string): Date | undefined =>
  text === undefined ? undefined : readTime(text, param);

function storableParam(text: string, param: string): string {
  assertStorable(text, param);
  return text;
}

function parsed(filter: string): unknown {
  try {
    return JSON.parse(filter);
  } catch {
    throw new InvalidRequestError('filter must be JSON', 'filter');
  }
}
