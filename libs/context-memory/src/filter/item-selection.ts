import { filterSql } from './filter-sql.js';
import type { Filter } from './metadata-filter.js';
import type { SqlParameters } from './sql-parameters.js';

/** Which items; all that is given must hold, and nothing given is all of them. */
export interface ItemSelection {
  filter?: Filter;
  session?: string;
  collection?: string;
  pinned?: boolean;
  kind?: string;
  externalId?: string;
  /** Inclusive. */
  createdAfter?: Date;
  /** Exclusive. */
  createdBefore?: Date;
}

/** The selection as conditions over `context_items`; values become parameters. */
export function selectionSql(selection: ItemSelection, parameters: SqlParameters): string[] {
  const { filter, ...columns } = selection;
  const conditions = comparisons.flatMap(([name, comparison]) =>
    columns[name] === undefined ? [] : [`${comparison} ${parameters.add(columns[name])}`],
  );
  return filter ? [...conditions, filterSql(filter, parameters)] : conditions;
}

const comparisons = [
  ['session', 'session ='],
  ['collection', 'collection ='],
  ['pinned', 'pinned ='],
  ['kind', 'kind ='],
  ['externalId', 'external_id ='],
  ['createdAfter', 'created_at >='],
  ['createdBefore', 'created_at <'],
] as const satisfies [keyof ItemSelection, string][];
