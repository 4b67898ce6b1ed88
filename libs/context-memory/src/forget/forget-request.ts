import { InvalidRequestError, type JsonObject } from '#common';
import { constantOf } from '../filter/constant-filter.js';
import type { ItemSelection } from '../filter/item-selection.js';
import { parseFilter } from '../filter/metadata-filter.js';
import { assertText } from '../ingest/item-check.js';

/** What to forget; all that is given must hold. */
export interface ForgetRequest extends Omit<ItemSelection, 'filter'> {
  /** Everything; said instead of a condition, so that none is forgotten by mistake. */
  all?: boolean;
  /** As it came over the wire. */
  filter?: unknown;
}

/** A request that was checked. */
export interface ForgetPlan {
  selection: ItemSelection;
  /** What was asked, as the certificate says it. */
  asked: JsonObject;
}

const maxName = 200;

/**
 * @throws InvalidRequestError naming the field: for a filter that is none, for conditions that every item meets without
 *   `all`, for `all` beside conditions
 */
export function planForget({ all, filter, ...columns }: ForgetRequest): ForgetPlan {
  const { session, collection, pinned, kind, externalId, createdAfter, createdBefore } = columns;
  for (const [name, value] of Object.entries({ session, collection, kind, external_id: externalId })) {
    if (value !== undefined) assertText(value, name, maxName);
  }
  const selection: ItemSelection = {
    ...columns,
    filter: filter === undefined ? undefined : parseFilter(filter),
  };
  const asked = withoutUndefined({
    all: all === true ? true : undefined,
    filter,
    session,
    collection,
    pinned,
    kind,
    external_id: externalId,
    created_after: createdAfter?.toISOString(),
    created_before: createdBefore?.toISOString(),
  });
  if (all === true && Object.keys(asked).length > 1) {
    throw new InvalidRequestError('all goes with no condition: leave out the one or the other', 'all');
  }
  if (all !== true && isEverything(selection)) {
    throw new InvalidRequestError('Nothing narrows this down: to forget everything, say all: true', 'all');
  }
  return { selection, asked };
}

/**
 * Whether the questions of calls are meant too, not only those that an item answered: a session or a time is theirs as well as
 * the items', what else a selection may name is not.
 */
export const coversQuestions = (selection: ItemSelection): boolean =>
  [selection.filter, selection.collection, selection.pinned, selection.kind, selection.externalId].every(
    (condition) => condition === undefined,
  );

/** Whether working sets are meant too, by the session whose turns they take: only with all of a session, or all there is. */
export const coversWorkingSets = (selection: ItemSelection): boolean =>
  coversQuestions(selection) && selection.createdAfter === undefined && selection.createdBefore === undefined;

const isEverything = ({ filter, ...columns }: ItemSelection): boolean =>
  Object.values(columns).every((value) => value === undefined) &&
  (filter === undefined || constantOf(filter) === true);

const withoutUndefined = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
