import { setImmediate } from 'node:timers/promises';
import { InvalidRequestError, readTime } from '#common';
import type { NewItem } from '#context-memory';
import { lineName, onLine, readLines } from '../http/json-lines.js';
import { validationPipe } from '../http/validation.pipe.js';
import { ItemLineDto } from './item-line.dto.js';

/** Lines that are validated before others get a turn on the processor: a few milliseconds' worth. */
const linesAtOnce = 100;
const pipe = validationPipe();

/**
 * The items of an import, each under the name of its line.
 * @throws InvalidRequestError for the first line that is no item, naming it and the field: `line_17.content`
 */
export async function toImportedItems(body: Buffer): Promise<NewItem[]> {
  const items: NewItem[] = [];
  for (const { number, value } of readLines(body)) {
    const line: unknown = await pipe
      .transform(value, { type: 'body', metatype: ItemLineDto })
      .catch((error: unknown) => onLine(number, () => rethrow(error)));
    if (line instanceof ItemLineDto) items.push(onLine(number, () => itemOf(line, number)));
    if (items.length % linesAtOnce === 0) await setImmediate();
  }
  return items;
}

function itemOf(line: ItemLineDto, number: number): NewItem {
  if (line.session_position != null && line.session == null) {
    throw new InvalidRequestError('session_position does not go without session', 'session_position');
  }
  return {
    path: lineName(number),
    content: line.content,
    kind: line.kind ?? (line.format == null ? 'note' : 'document'),
    title: line.title ?? undefined,
    session: line.session ?? undefined,
    externalId: line.external_id ?? undefined,
    metadata: line.metadata ?? undefined,
    importance: line.importance ?? undefined,
    expiresAt: timeOf(line.expires_at, 'expires_at'),
    createdAt: timeOf(line.created_at, 'created_at'),
    format: line.format ?? undefined,
    asDocument: line.format != null,
    recorded: {
      heading: line.heading ?? undefined,
      sessionPosition: line.session_position,
      version: line.version ?? undefined,
      updatedAt: timeOf(line.updated_at, 'updated_at'),
    },
  };
}

const timeOf = (text: string | null | undefined, param: string): Date | undefined =>
  text == null ? undefined : readTime(text, param);

function rethrow(error: unknown): never {
  throw error;
}
