import { InvalidRequestError } from './gateway-error.js';

/** More than any request of ours needs; work that is quadratic in an object's members stays small below it. */
const mostMembers = 1_000;
const mostValues = 100_000;

/**
 * Holds a parsed body to a reasonable shape before a validator walks it.
 * @throws InvalidRequestError for an object of over 1,000 members, a body of over 100,000 values, and a member named like one
 *   that every object has (`__proto__`, `constructor`): validators drop those without a word
 */
export function assertReasonableShape(body: unknown): void {
  let values = 0;
  // A list of what is left to look at instead of recursion: the caller decides how deep it is.
  const waiting = [body];
  for (let value = waiting.pop(); value !== undefined || waiting.length > 0; value = waiting.pop()) {
    if (++values > mostValues) throw new InvalidRequestError(`The body holds more than ${mostValues} values`);
    if (typeof value !== 'object' || value === null) continue;
    const names = Array.isArray(value) ? [] : Object.keys(value);
    if (names.length > mostMembers) {
      throw new InvalidRequestError(`An object of the body has more than ${mostMembers} members`);
    }
    for (const name of names)
      if (name in Object.prototype) throw new InvalidRequestError(`Unknown field '${name}'`, name);
    for (const member of Object.values(value)) waiting.push(member);
  }
}
