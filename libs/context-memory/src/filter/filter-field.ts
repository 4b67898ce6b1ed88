import { InvalidRequestError, readTime } from '#common';
import { assertText } from '../ingest/item-check.js';

/** What a field may be compared with. */
export type Scalar = string | number | boolean | null;

/** The item's own fields that a filter may name, and what their values are. Each is a column of that name. */
export const builtinFields = {
  kind: 'text',
  session: 'text',
  collection: 'text',
  title: 'text',
  external_id: 'text',
  importance: 'number',
  pinned: 'boolean',
  created_at: 'time',
} as const;

type BuiltinField = keyof typeof builtinFields;

/** One of the item's own fields, or a path into its metadata. */
export type FilterField = { builtin: BuiltinField; path?: never } | { builtin?: never; path: string[] };

const maxSegments = 10;
const maxValueLength = 1_000;
const isBuiltin = (name: string): name is BuiltinField => Object.hasOwn(builtinFields, name);

/** @throws InvalidRequestError for a path with an empty or too many segments */
export function fieldOf(name: string, path: string): FilterField {
  if (isBuiltin(name)) return { builtin: name };
  const segments = name.replace(/^metadata\./, '').split('.');
  if (segments.length > maxSegments || segments.includes('')) {
    throw new InvalidRequestError(
      `${path} is not a field: use names joined by dots, at most ${maxSegments}`,
      path,
    );
  }
  return { path: segments };
}

/** Checks one value against the field it is compared with. @throws InvalidRequestError naming the path */
export function readValue(field: FilterField, value: unknown, path: string): Scalar {
  if (!isScalar(value)) {
    throw new InvalidRequestError(`${path} must be a text, a number, true, false or null`, path);
  }
  if (typeof value === 'string') assertText(value, path, maxValueLength);
  if (field.builtin === undefined || value === null) return value;
  const type = builtinFields[field.builtin];
  if (type === 'number' && typeof value === 'number' && Math.abs(value) < 1e6) return Math.fround(value);
  if (type === 'boolean' && typeof value === 'boolean') return value;
  if (type === 'text' && typeof value === 'string') return value;
  if (type === 'time' && typeof value === 'string') return readTime(value, path).toISOString();
  throw new InvalidRequestError(`${path} must be a ${type}`, path);
}

const isScalar = (value: unknown): value is Scalar =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);
