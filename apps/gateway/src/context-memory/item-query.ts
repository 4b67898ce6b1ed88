import { assertStorable, InvalidRequestError } from '#common';
import { type ItemQuery, parseFilter, readCursor } from '#context-memory';
import type { ItemListQueryDto } from './item.dto.js';

/** The query string of a list as the lib asks. @throws InvalidRequestError naming the parameter */
export const toItemQuery = ({ limit, cursor, filter, session, kind }: ItemListQueryDto): ItemQuery => ({
  limit,
  session: session === undefined ? undefined : storableParam(session, 'session'),
  kind: kind === undefined ? undefined : storableParam(kind, 'kind'),
  after: cursor === undefined ? undefined : readCursor(cursor),
  filter: filter === undefined ? undefined : parseFilter(parsed(filter)),
});

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
