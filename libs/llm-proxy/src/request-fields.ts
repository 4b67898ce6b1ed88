import { InvalidRequestError, isJsonObject, type JsonObject } from '#common';

// Hand-written instead of class-validator: that alone cost half of the lean path on a 20-message body, and these look only
// at what the gateway itself reads. In each, null and a missing member mean "not given", as they do upstream.

type Reader<T> = (value: unknown, param: string) => T | undefined;

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

/** True or false. */
export const readBoolean: Reader<boolean> = (value, param) => {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'boolean') return value;
  throw new InvalidRequestError(`'${param}' must be true or false`, param);
};

/** A whole number from 1 to `largest`. */
export function readCount(
  value: unknown,
  param: string,
  largest = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= largest)
    return value;
  throw new InvalidRequestError(`'${param}' must be a whole number from 1 to ${largest}`, param);
}

/** A number from 0 to 1. */
export const readShare: Reader<number> = (value, param) => {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new InvalidRequestError(`'${param}' must be a number from 0 to 1`, param);
};

/** A string of 1 to `longest` characters. */
export function readName(value: unknown, param: string, longest = 256): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= longest) return value;
  throw new InvalidRequestError(`'${param}' must be a string of 1 to ${longest} characters`, param);
}

/** One of these words. */
export function readChoice<Word extends string>(
  value: unknown,
  param: string,
  words: readonly Word[],
): Word | undefined {
  if (isAbsent(value)) return undefined;
  const word = words.find((one) => one === value);
  if (word !== undefined) return word;
  throw new InvalidRequestError(`'${param}' must be one of ${words.join(', ')}`, param);
}

/** A string of any length. */
export const readString: Reader<string> = (value, param) => {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'string') return value;
  throw new InvalidRequestError(`'${param}' must be a string`, param);
};

/** An object, its members unread. */
export const readObject: Reader<JsonObject> = (value, param) => {
  if (isAbsent(value)) return undefined;
  if (isJsonObject(value)) return value;
  throw new InvalidRequestError(`'${param}' must be an object`, param);
};

/** An array, its elements unread. */
export const readList: Reader<unknown[]> = (value, param) => {
  if (isAbsent(value)) return undefined;
  if (Array.isArray(value)) return value;
  throw new InvalidRequestError(`'${param}' must be an array`, param);
};

/** The value, now that it must be there. */
export function required<T>(value: T | undefined, param: string): T {
  if (value !== undefined) return value;
  throw new InvalidRequestError(`'${param}' is required`, param);
}
