import { InvalidRequestError } from '#common';
import { UnsupportedFileError } from '../context-memory.errors.js';
import { assertText, checkNewItem } from '../ingest/item-check.js';
import type { NewItem } from '../ingest/new-item.js';
import { charsetOf, type FileFormat, fileFormats, formatOf } from './file-format.js';

/** A file as it was posted, and what is to be said of its text. */
export interface PostedFile extends Pick<
  NewItem,
  | 'kind'
  | 'title'
  | 'session'
  | 'collection'
  | 'externalId'
  | 'metadata'
  | 'importance'
  | 'pinned'
  | 'expiresAt'
> {
  filename: string;
  mediaType: string | undefined;
  bytes: Uint8Array;
}

/** How a file that can be read is read. */
export interface FileReading {
  format: FileFormat;
  /** Of a text, as the media type names it. */
  charset: string | undefined;
}

const maxFilename = 300;

/**
 * Holds a posted file to what can be said of it before it is read.
 * @throws InvalidRequestError naming the field, UnsupportedFileError for what nobody here can read
 */
export function checkFile(file: PostedFile, now: Date): FileReading {
  const { filename, mediaType, bytes, ...details } = file;
  assertText(filename, 'file.filename', maxFilename);
  if (filename.trim() === '')
    throw new InvalidRequestError('file.filename must not be empty', 'file.filename');
  if (bytes.length === 0) throw new InvalidRequestError('The file is empty', 'file');
  // Whatever text comes out is checked when it is there.
  checkNewItem({ ...details, path: '', content: '-' }, 1, now);
  const format = formatOf(filename, mediaType);
  if (!format) throw new UnsupportedFileError(fileFormats);
  return { format, charset: charsetOf(mediaType) };
}
