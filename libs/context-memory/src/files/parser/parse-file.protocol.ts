import type { FileFormat } from '../file-format.js';
import type { ParsedText, ParseLimits } from './parsed-text.js';

/** Parent to child: the one file that it is for. */
export interface ParseRequest {
  format: FileFormat;
  charset: string | null;
  bytes: Uint8Array;
  limits: ParseLimits;
}

/** Child to parent. */
export type ParseAnswer = { type: 'parsed'; parsed: ParsedText } | { type: 'unreadable'; reason: string };
