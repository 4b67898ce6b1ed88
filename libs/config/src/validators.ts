import { EnvError, makeValidator } from 'envalid';

/** A whole number between `min` and `max`, both included. Out of range is an error, never a silent clamp. */
export const intBetween = (min: number, max: number) =>
  makeValidator<number>((input) => {
    const value = Number(input);
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new EnvError(`must be a whole number from ${min} to ${max}, got "${input}"`);
    }
    return value;
  });

/** A number from 0 to 1. */
export const shareOfOne = makeValidator<number>((input) => {
  const value = Number(input);
  if (input.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new EnvError(`must be a number from 0 to 1, got "${input}"`);
  }
  return value;
});

/** A secret of at least `length` characters: a short one is a mistake, not a choice. */
export const secret = (length: number) =>
  makeValidator<string>((input) => {
    if (input.length < length) throw new EnvError(`must have at least ${length} characters`);
    return input;
  });

/** A comma list of `names`, each at most once; empty: none. */
export const listOf = <Name extends string>(names: readonly Name[]) =>
  makeValidator<readonly Name[]>((input) => {
    const parts = input.split(',').map((part) => part.trim());
    const given = parts.filter((part) => part !== '');
    const known = names.filter((name) => given.includes(name));
    if (known.length !== given.length) {
      throw new EnvError(`must be a comma list of ${names.join(', ')}, got "${input}"`);
    }
    return known;
  });
