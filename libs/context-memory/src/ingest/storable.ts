import { InvalidRequestError } from '#common';

/**
 * Refuses what PostgreSQL cannot keep: NUL, and halves of surrogate pairs (no UTF-8 for them).
 * @throws InvalidRequestError naming `param`
 */
export function assertStorable(text: string, param: string): void {
  if (text.includes('\0')) throw new InvalidRequestError(`${param} must not contain NUL characters`, param);
  if (!text.isWellFormed()) throw new InvalidRequestError(`${param} contains a lone surrogate`, param);
}

/** {@link assertStorable}, and no longer than `limit` UTF-16 units. */
export function assertText(text: string, param: string, limit: number): void {
  if (text.length > limit) {
    throw new InvalidRequestError(
      `${param} has ${text.length} characters; the limit is ${limit}`,
      param,
      'too_long',
    );
  }
  assertStorable(text, param);
}

/**
 * Checks every string and key of a JSON value.
 * @param depth levels of objects and arrays allowed
 */
export function assertStorableJson(value: unknown, param: string, depth: number): void {
  if (typeof value === 'string') {
    assertStorable(value, param);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw new InvalidRequestError(`${param} is nested too deeply`, param);
  for (const [key, entry] of Object.entries(value)) {
    assertStorable(key, param);
    assertStorableJson(entry, Array.isArray(value) ? `${param}[${key}]` : `${param}.${key}`, depth - 1);
  }
}
