import { InvalidRequestError } from '#common';

/** 400 for what a door's API has and a chat completion has not. @param param path of the field, as the caller wrote it */
export const untranslatable = (param: string, what: string): InvalidRequestError =>
  new InvalidRequestError(
    `'${param}': ${what} cannot be translated to a chat completion`,
    param,
    'not_translatable',
  );

/** Whether a member asks for anything: null and an empty list do not. */
export const asksFor = (value: unknown): boolean =>
  value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
