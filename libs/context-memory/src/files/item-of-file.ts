import type { NewItem } from '../ingest/new-item.js';
import { languageOf } from './file-format.js';
import type { WaitingFile } from './file.repository.js';
import type { ParsedText } from './parser/parsed-text.js';

const maxTitle = 500;

/** The document that a file's text is stored as: titled as the caller says, else as the file says, else by its name. */
export function itemOfFile(file: WaitingFile, { text, format, title }: ParsedText): NewItem {
  const named = file.title ?? title ?? nameOf(file.filename, format === 'code');
  return {
    path: 'file',
    content: text,
    format,
    asDocument: true,
    kind: file.kind,
    title: named.slice(0, maxTitle).toWellFormed(),
    metadata: file.metadata,
    importance: file.importance,
    pinned: file.pinned,
    createdAt: file.createdAt,
    ...(file.session !== null && { session: file.session }),
    ...(file.collection !== null && { collection: file.collection }),
    ...(file.externalId !== null && { externalId: file.externalId }),
    ...(file.expiresAt !== null && { expiresAt: file.expiresAt }),
  };
}

/** `src/door.ts (TypeScript)`: both are what one asks for code by. */
function nameOf(filename: string, isCode: boolean): string {
  const language = isCode ? languageOf(filename) : undefined;
  return language === undefined ? filename : `${filename} (${language})`;
}
