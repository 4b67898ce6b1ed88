import { assertStorable, InvalidRequestError, isJsonObject } from '#common';
import { builtinFields, type FilterField, fieldOf, readValue, type Scalar } from './filter-field.js';

/** Operators that compare a field with one value. */
export type Comparison = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'contains';

/** A filter that was checked: safe to compile, bounded in size. */
export type Filter =
  | { op: 'and'; of: Filter[] }
  | { op: 'or'; of: Filter[] }
  | { op: 'not'; of: Filter }
  | { op: Comparison; field: FilterField; value: Scalar }
  | { op: 'in'; field: FilterField; values: Scalar[] }
  | { op: 'nin'; field: FilterField; values: Scalar[] }
  | { op: 'exists'; field: FilterField; value: boolean };

const maxConditions = 64;
const maxDepth = 8;
const maxListed = 100;
const comparisons: readonly string[] = [
  'eq',
  'ne',
  'gt',
  'gte',
  'lt',
  'lte',
  'contains',
] satisfies Comparison[];
const isComparison = (op: string): op is Comparison => comparisons.includes(op);

/**
 * Checks a filter as it came over the wire:
 * `{and: […]}`, `{or: […]}`, `{not: …}`, `{field: value}` or `{field: {eq, ne, in, nin, gt, gte, lt, lte, contains, exists}}`.
 * A field is one of the item's own (kind, session, collection, title, external_id, importance,
 * pinned, created_at) or a path into its metadata
 * (`author.name`; `metadata.kind` for one that an own field hides). Several fields, or operators, must all hold.
 *
 * @throws InvalidRequestError naming the path: `filter.and[1].year.gt`
 */
export function parseFilter(value: unknown, path = 'filter'): Filter {
  assertStorable(value, path);
  return new FilterReader().filter(value, path, maxDepth);
}

class FilterReader {
  private conditions = 0;

  filter(value: unknown, path: string, depth: number): Filter {
    if (!isJsonObject(value)) throw new InvalidRequestError(`${path} must be an object`, path);
    if (depth < maxDepth) this.count(path);
    if (depth === 0) throw new InvalidRequestError(`${path} is nested deeper than ${maxDepth} levels`, path);
    const all = Object.entries(value).flatMap(([key, entry]) =>
      this.entry(key, entry, `${path}.${key}`, depth),
    );
    return all.length === 1 && all[0] ? all[0] : { op: 'and', of: all };
  }

  private entry(key: string, entry: unknown, path: string, depth: number): Filter[] {
    if (key === 'and' || key === 'or') {
      const of = list(entry, path).map((part, i) => this.filter(part, `${path}[${i}]`, depth - 1));
      return [{ op: key, of }];
    }
    if (key === 'not') return [{ op: 'not', of: this.filter(entry, path, depth - 1) }];
    const field = fieldOf(key, path);
    if (!isJsonObject(entry)) return [this.condition('eq', field, entry, path)];
    return Object.entries(entry).map(([op, operand]) => this.condition(op, field, operand, `${path}.${op}`));
  }

  /** Groups count like conditions: each is a term of the query. */
  private count(path: string): void {
    if (++this.conditions > maxConditions) {
      throw new InvalidRequestError(`filter has more than ${maxConditions} conditions`, path);
    }
  }

  private condition(op: string, field: FilterField, operand: unknown, path: string): Filter {
    this.count(path);
    if (op === 'in' || op === 'nin') {
      return {
        op,
        field,
        values: list(operand, path).map((entry, i) => readValue(field, entry, `${path}[${i}]`)),
      };
    }
    if (op === 'exists') {
      if (typeof operand !== 'boolean') throw new InvalidRequestError(`${path} must be true or false`, path);
      return { op, field, value: operand };
    }
    if (!isComparison(op)) throw new InvalidRequestError(`Unknown operator '${op}' at ${path}`, path);
    const value = readValue(field, operand, path);
    checkOperand(op, field, value, path);
    return { op, field, value };
  }
}

function checkOperand(op: Comparison, field: FilterField, value: Scalar, path: string): void {
  if (op === 'eq' || op === 'ne') return;
  if (op === 'contains') {
    if (field.builtin && builtinFields[field.builtin] !== 'text') {
      throw new InvalidRequestError(`${path}: contains is for texts and lists`, path);
    }
    return;
  }
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new InvalidRequestError(`${path} must be a text or a number`, path);
  }
}

function list(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw new InvalidRequestError(`${path} must be a list`, path);
  if (value.length > maxListed)
    throw new InvalidRequestError(`${path} has more than ${maxListed} entries`, path);
  return value;
}
