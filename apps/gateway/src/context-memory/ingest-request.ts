import { InvalidRequestError, readTime } from '#common';
import { type NewItem, turnItem } from '#context-memory';
import type { DocumentDto, IngestDto, IngestItemDto, MessageDto } from './ingest.dto.js';
import type { NamedItemDto } from './item-fields.dto.js';

const shapes = ['content', 'messages', 'document', 'items'] as const;
type Shape = (typeof shapes)[number];

/** What may stand beside each shape; the rest would be ignored, and nobody likes that. */
const allowedBeside: Record<Shape, readonly (keyof NamedItemDto)[]> = {
  content: [
    'title',
    'kind',
    'session',
    'collection',
    'external_id',
    'metadata',
    'importance',
    'pinned',
    'expires_at',
  ],
  messages: ['session', 'collection', 'metadata', 'importance', 'pinned', 'expires_at'],
  document: [],
  items: [],
};

/**
 * The texts of a request, in its order.
 * @throws InvalidRequestError when it has none of the shapes, or more than one
 */
export function toNewItems(body: IngestDto): NewItem[] {
  const shape = shapeOf(body, '');
  if (shape !== 'items') return itemsOf(body, '', shape);
  return (body.items ?? []).flatMap((item, i) => itemsOf(item, `items[${i}]`, shapeOf(item, `items[${i}]`)));
}

function shapeOf(body: IngestDto, path: string): Shape {
  const present = shapes.filter((shape) => body[shape] !== undefined && body[shape] !== null);
  const [shape, second] = present;
  if (shape === undefined) {
    const wanted = path === '' ? 'content, messages, document or items' : 'content, messages or document';
    throw new InvalidRequestError(`${path || 'The body'} must have one of: ${wanted}`, path || 'content');
  }
  if (second !== undefined) {
    throw new InvalidRequestError(`Send either ${shape} or ${second}, not both`, join(path, second));
  }
  for (const field of allowedBeside.content) {
    if (body[field] === undefined || body[field] === null || allowedBeside[shape].includes(field)) continue;
    throw new InvalidRequestError(`${join(path, field)} does not go with ${shape}`, join(path, field));
  }
  return shape;
}

function itemsOf(body: IngestItemDto, path: string, shape: Shape): NewItem[] {
  if (shape === 'messages') return (body.messages ?? []).map((message, i) => turnOf(body, message, i, path));
  if (shape === 'document' && body.document) return [documentOf(body.document, join(path, 'document'))];
  return [{ ...named(body, path), kind: body.kind ?? 'note', content: body.content ?? '' }];
}

function turnOf(body: IngestItemDto, message: MessageDto, index: number, path: string): NewItem {
  const at = join(path, `messages[${index}]`);
  const { metadata, ...details } = named(body, path);
  const turn = {
    role: message.role,
    content: message.content,
    name: message.name ?? undefined,
    createdAt: message.created_at == null ? undefined : readTime(message.created_at, join(at, 'created_at')),
  };
  const item = turnItem(turn, at, details.session, metadata);
  if (!item) throw new InvalidRequestError(`${join(at, 'content')} must not be empty`, join(at, 'content'));
  return { ...details, ...item };
}

const documentOf = (document: DocumentDto, path: string): NewItem => ({
  ...named(document, path),
  kind: document.kind ?? 'document',
  content: document.content,
  format: document.format ?? 'text',
  asDocument: true,
});

const named = (body: NamedItemDto, path: string): Omit<NewItem, 'content' | 'kind'> => ({
  path,
  title: body.title ?? undefined,
  session: body.session ?? undefined,
  collection: body.collection ?? undefined,
  externalId: body.external_id ?? undefined,
  metadata: body.metadata ?? undefined,
  importance: body.importance ?? undefined,
  pinned: body.pinned ?? undefined,
  expiresAt: body.expires_at == null ? undefined : readTime(body.expires_at, join(path, 'expires_at')),
});

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
