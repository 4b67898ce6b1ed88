import { isJsonObject, type JsonObject } from '#common';

/** The objects of a list; anything else in it, or no list at all, is left out. */
export const objectsIn = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];
