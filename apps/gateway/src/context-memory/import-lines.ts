import { setImmediate } from 'node:timers/promises';
import { InvalidRequestError, type JsonObject, readTime } from '#common';
import type { Import, ImportedSet, NewItem } from '#context-memory';
import { lineName, onLine, readLines } from '../http/json-lines.js';
import { validationPipe } from '../http/validation.pipe.js';
import { ItemLineDto } from './item-line.dto.js';
import { toImportedSet, WorkingSetLineDto } from './working-set-line.dto.js';

/** Lines that are validated before others get a turn on the processor: a few milliseconds' worth. */
const linesAtOnce = 100;
const pipe = validationPipe();

/**
 * The items and working sets of an import, each under the name of its line.
 * @throws InvalidRequestError for the first line that is neither, naming it and the field: `line_17.content`
 */
export async function toImport(body: Buffer): Promise<Import> {
  const items: NewItem[] = [];
  const workingSets: ImportedSet[] = [];
  for (const { number, value } of readLines(body)) {
    const metatype = onLine(number, () => kindOf(value));
    const line: unknown = await pipe
      .transform(value, { type: 'body', metatype })
      .catch((error: unknown) => onLine(number, () => rethrow(error)));
    if (line instanceof ItemLineDto) items.push(onLine(number, () => itemOf(line, number)));
    if (line instanceof WorkingSetLineDto) {
      workingSets.push(onLine(number, () => toImportedSet(line, lineName(number))));
    }
    if (number % linesAtOnce === 0) await setImmediate();
  }
  return { items, workingSets };
}

/** What a line says it is; one that says nothing is an item. */
function kindOf({ object = 'context.item' }: JsonObject): typeof ItemLineDto | typeof WorkingSetLineDto {
  if (object === 'context.item') return ItemLineDto;
  if (object === 'context.working_set') return WorkingSetLineDto;
  throw new InvalidRequestError('object must be context.item or context.working_set', 'object');
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
    collection: line.collection ?? undefined,
    externalId: line.external_id ?? undefined,
    metadata: line.metadata ?? undefined,
    importance: line.importance ?? undefined,
    pinned: line.pinned ?? undefined,
    expiresAt: timeOf(line.expires_at, 'expires_at'),
    createdAt: timeOf(line.created_at, 'created_at'),
    format: line.format ?? undefined,
    asDocument: line.format != null,
    recorded: {
      id: line.id?.toLowerCase(),
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
