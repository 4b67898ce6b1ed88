import { InvalidRequestError } from './gateway-error.js';

/**
 * Refuses what PostgreSQL cannot keep: NUL, and halves of surrogate pairs (no UTF-8 for them). Looks at every string and
 * every key of a JSON value, whose depth its parser has bounded.
 *
 * @param path of the value in the request; empty for the request itself
 * @throws InvalidRequestError naming the path of the text, `items[3].content`; for a key that of the object it is in
 */
export function assertStorable(value: unknown, path: string): void {
  if (typeof value === 'string') assertStorableText(value, path);
  else if (Array.isArray(value)) {
    for (const [i, element] of value.entries()) assertStorable(element, `${path}[${i}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      assertStorableText(key, path || storable(key));
      assertStorable(member, path === '' ? key : `${path}.${key}`);
    }
  }
}

function assertStorableText(text: string, path: string): void {
  if (text.includes('\0')) throw new InvalidRequestError(`${path} must not contain NUL characters`, path);
  if (!text.isWellFormed()) throw new InvalidRequestError(`${path} contains a lone surrogate`, path);
}

/** The text without NUL, halves of surrogate pairs replaced by U+FFFD: for texts whose author nobody can ask any more. */
export const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed();
