import type { Filter } from './metadata-filter.js';

/** What a filter says of every item, whatever the item: true (`{}`, `{and: []}`), false, or undefined when it depends. */
export function constantOf(filter: Filter): boolean | undefined {
  if (filter.op === 'not') {
    const inner = constantOf(filter.of);
    return inner === undefined ? undefined : !inner;
  }
  if (filter.op === 'in' || filter.op === 'nin') {
    return filter.values.length === 0 ? filter.op === 'nin' : undefined;
  }
  if (filter.op !== 'and' && filter.op !== 'or') return undefined;
  const parts = filter.of.map(constantOf);
  const decisive = filter.op === 'or';
  if (parts.includes(decisive)) return decisive;
  return parts.includes(undefined) ? undefined : !decisive;
}
