import { assertStorable, InvalidRequestError } from '#common';
import type { ItemGroup } from './group.repository.js';

/** The last group of a page as an opaque word for the caller to hand back. */
export const writeGroupCursor = ({ name }: Pick<ItemGroup, 'name'>): string =>
  Buffer.from(name).toString('base64url');

/** @throws InvalidRequestError for a word that writeGroupCursor did not write */
export function readGroupCursor(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (name === '' || writeGroupCursor({ name }) !== cursor) {
    throw new InvalidRequestError('cursor is not one that was given out', 'cursor');
  }
  assertStorable(name, 'cursor');
  return name;
}
