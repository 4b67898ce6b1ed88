import { InvalidRequestError, isId } from '#common';

/** The last item of a page: where the next one begins. */
export interface PageMark {
  createdAt: Date;
  id: string;
}

/** A mark as an opaque word for the caller to hand back. Times of items are whole milliseconds, so nothing is lost. */
export const writeCursor = ({ createdAt, id }: PageMark): string =>
  Buffer.from(`${createdAt.getTime()}:${id}`).toString('base64url');

/** @throws InvalidRequestError for a word that writeCursor did not write */
export function readCursor(cursor: string): PageMark {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(':', 2);
  const createdAt = new Date(/^-?\d{1,14}$/.test(time) ? Number(time) : Number.NaN);
  if (Number.isNaN(createdAt.getTime()) || !isId(id)) {
    throw new InvalidRequestError('cursor is not one that was given out', 'cursor');
  }
  return { createdAt, id };
}
