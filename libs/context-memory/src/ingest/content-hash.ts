import { sha256 } from '#common';

/**
 * No script stacks more marks on a character (Unicode Standard Annex 15 allows 30 in its Stream-Safe Text Format); composing
 * takes quadratic time in their number.
 */
const tooManyMarks = /\p{M}{31}/u;

/** What makes two texts the same: composed characters (NFC), no white space at the ends, one space for each run of it. */
export const normaliseText = (text: string): string =>
  (tooManyMarks.test(text) ? text : text.normalize('NFC')).trim().replace(/\s+/g, ' ');

/** Hash of a text's normal form: 64 hex digits, equal for texts that are the same to a reader. */
export const contentHash = (text: string): string => sha256(normaliseText(text));
