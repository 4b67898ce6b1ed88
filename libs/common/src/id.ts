import { v7, validate } from 'uuid';

/** A new UUIDv7 (RFC 9562): unique, and sortable by the millisecond it was made in. */
export const newId = (): string => v7();

/** True for any well-formed UUID, whatever its version. */
export const isId = (text: string): boolean => validate(text);
