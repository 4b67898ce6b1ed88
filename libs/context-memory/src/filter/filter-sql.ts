import { builtinFields, type FilterField, type Scalar } from './filter-field.js';
import type { Comparison, Filter } from './metadata-filter.js';
import type { SqlParameters } from './sql-parameters.js';

const sqlOperator = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/**
 * The filter as a condition over `context_items`. Whatever the caller wrote becomes a parameter; the text holds only our own
 * words. Never NULL: a field that is missing does not match, and its negation does.
 */
export function filterSql(filter: Filter, parameters: SqlParameters): string {
  if (filter.op === 'and' || filter.op === 'or') {
    const parts = filter.of.map((part) => filterSql(part, parameters));
    if (parts.length === 0) return filter.op === 'and' ? 'true' : 'false';
    return `(${parts.join(filter.op === 'and' ? ' AND ' : ' OR ')})`;
  }
  if (filter.op === 'not') return `NOT ${filterSql(filter.of, parameters)}`;
  if (filter.op === 'exists') {
    return `(${expression(filter.field, parameters)} IS ${filter.value ? 'NOT NULL' : 'NULL'})`;
  }
  if (filter.op === 'in' || filter.op === 'nin') {
    const any = filter.values.map((value) => comparisonSql('eq', filter.field, value, parameters));
    const condition = any.length === 0 ? 'false' : `(${any.join(' OR ')})`;
    return filter.op === 'in' ? condition : `NOT ${condition}`;
  }
  return comparisonSql(filter.op, filter.field, filter.value, parameters);
}

function comparisonSql(op: Comparison, field: FilterField, value: Scalar, parameters: SqlParameters): string {
  if (op === 'ne') return `NOT ${comparisonSql('eq', field, value, parameters)}`;
  const target = expression(field, parameters);
  return field.builtin === undefined
    ? jsonSql(op, target, value, parameters)
    : columnSql(op, target, builtinFields[field.builtin], value, parameters);
}

function columnSql(
  op: Exclude<Comparison, 'ne'>,
  column: string,
  type: (typeof builtinFields)[keyof typeof builtinFields],
  value: Scalar,
  parameters: SqlParameters,
): string {
  if (value === null) return `(${column} IS NULL)`;
  const cast = { text: 'text', number: 'real', boolean: 'boolean', time: 'timestamptz' }[type];
  const operand = `${parameters.add(value)}::${cast}`;
  const condition =
    op === 'contains'
      ? `strpos(lower(${column}), lower(${operand})) > 0`
      : `${column} ${sqlOperator[op]} ${operand}`;
  return `coalesce(${condition}, false)`;
}

/** JSON compares by type: 1 is 1.0, '10' is no number, and only values of one type have an order. */
function jsonSql(
  op: Exclude<Comparison, 'ne'>,
  target: string,
  value: Scalar,
  parameters: SqlParameters,
): string {
  const operand = `${parameters.add(JSON.stringify(value))}::jsonb`;
  if (op === 'eq') return `coalesce(${target} = ${operand}, false)`;
  if (op !== 'contains') {
    return `coalesce(jsonb_typeof(${target}) = jsonb_typeof(${operand}) AND ${target} ${sqlOperator[op]} ${operand}, false)`;
  }
  const inList = `jsonb_typeof(${target}) = 'array' AND ${target} @> ${operand}`;
  const inText = `jsonb_typeof(${target}) = 'string' AND strpos(lower(${target} #>> '{}'), lower(${operand} #>> '{}')) > 0`;
  return `coalesce((${inList}) OR (${inText}), false)`;
}

function expression(field: FilterField, parameters: SqlParameters): string {
  return field.builtin ?? `(metadata #> ${parameters.add(field.path)}::text[])`;
}
