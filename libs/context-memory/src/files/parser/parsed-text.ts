import type { TextFormat } from '../../ingest/text-format.js';

/** What a file says. */
export interface ParsedText {
  /** Pages, where there are any, with a form feed on a line of its own between two. */
  text: string;
  format: TextFormat;
  /** As the file itself says. */
  title?: string | undefined;
}

/** What reading one file may cost. */
export interface ParseLimits {
  /** Of the text, in UTF-16 units. */
  characters: number;
  pages: number;
  memoryMb: number;
  timeoutMs: number;
}

/** A file that cannot be read. The message says why, in words for its owner, and quotes nothing of it. */
export class FileUnreadableError extends Error {}
