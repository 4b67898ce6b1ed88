import { InvalidRequestError, type JsonObject } from '#common';
import { readName, readObject, readString, required } from '../request-fields.js';
import { untranslatable } from '../untranslatable.js';

/** A block, which must be an object with a type. */
export function readBlock(block: unknown, param: string): { block: JsonObject; type: string } {
  const given = required(readObject(block, param), param);
  return { block: given, type: required(readName(given['type'], `${param}.type`), `${param}.type`) };
}

/** Content of a message, a system prompt or a tool's result: a text, or blocks of text, images and documents. */
export function chatContent(content: unknown, param: string): string | JsonObject[] {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) {
    throw new InvalidRequestError(`'${param}' must be a string or an array of blocks`, param);
  }
  return collapsed(content.flatMap((block: unknown, i) => chatPart(block, `${param}[${i}]`)));
}

/** One plain text is written as such, which every upstream understands. */
export function collapsed(parts: JsonObject[]): string | JsonObject[] {
  const [only] = parts;
  if (only === undefined) return '';
  const isPlain = parts.length === 1 && only['type'] === 'text' && only['cache_control'] === undefined;
  return isPlain && typeof only['text'] === 'string' ? only['text'] : parts;
}

/** The chat parts for one block. */
export function chatPart(value: unknown, param: string): JsonObject[] {
  const { block, type } = readBlock(value, param);
  // OpenRouter takes Anthropic's cache breakpoints on chat parts.
  const cached = block['cache_control'] == null ? {} : { cache_control: block['cache_control'] };
  switch (type) {
    case 'text':
      return [{ type, text: text(block['text'], `${param}.text`), ...cached }];
    case 'image':
      return [{ type: 'image_url', image_url: { url: urlOf(block, param) }, ...cached }];
    case 'document':
      return documentParts(block, param).map((part) => ({ ...part, ...cached }));
    default:
      throw untranslatable(`${param}.type`, `a block of type '${type.slice(0, 64)}'`);
  }
}

function documentParts(block: JsonObject, param: string): JsonObject[] {
  const source = required(readObject(block['source'], `${param}.source`), `${param}.source`);
  if (source['type'] === 'text')
    return [{ type: 'text', text: text(source['data'], `${param}.source.data`) }];
  if (source['type'] === 'content') {
    const content = chatContent(source['content'], `${param}.source.content`);
    return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  }
  const filename = readName(block['title'], `${param}.title`, 500) ?? 'document.pdf';
  return [{ type: 'file', file: { filename, file_data: urlOf(block, param) } }];
}

/** Where the bytes are: at an address, or in the address itself (RFC 2397). */
function urlOf(block: JsonObject, param: string): string {
  const path = `${param}.source`;
  const source = required(readObject(block['source'], path), path);
  if (source['type'] === 'url') return text(source['url'], `${path}.url`);
  if (source['type'] === 'base64') {
    const mediaType = text(source['media_type'], `${path}.media_type`);
    return `data:${mediaType};base64,${text(source['data'], `${path}.data`)}`;
  }
  if (source['type'] === 'file') throw untranslatable(`${path}.type`, 'a file kept by the provider');
  throw new InvalidRequestError(`'${path}.type' must be 'base64' or 'url'`, `${path}.type`);
}

const text = (value: unknown, param: string): string => required(readString(value, param), param);
