import { InvalidRequestError, type JsonObject } from '#common';
import { readName, readObject, readString, required } from '../request-fields.js';
import { untranslatable } from '../untranslatable.js';

/** Content of a message, or what a function gave: a text, or parts of text, images and files. */
export function chatContent(content: unknown, param: string): string | JsonObject[] {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) {
    throw new InvalidRequestError(`'${param}' must be a string or an array of parts`, param);
  }
  return collapsed(content.map((part: unknown, i) => chatPart(part, `${param}[${i}]`)));
}

/** One text is written as such, which every upstream understands. */
export function collapsed(parts: JsonObject[]): string | JsonObject[] {
  const [only] = parts;
  if (only === undefined) return '';
  return parts.length === 1 && typeof only['text'] === 'string' ? only['text'] : parts;
}

/** The chat part for one part. */
export function chatPart(value: unknown, param: string): JsonObject {
  const part = required(readObject(value, param), param);
  const type = required(readName(part['type'], `${param}.type`), `${param}.type`);
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: text(part['text'], `${param}.text`) };
    case 'refusal':
      return { type: 'text', text: text(part['refusal'], `${param}.refusal`) };
    case 'input_image':
      return { type: 'image_url', image_url: imageOf(part, param) };
    case 'input_file':
      return { type: 'file', file: fileOf(part, param) };
    case 'input_audio':
      return { type, input_audio: part['input_audio'] };
    default:
      throw untranslatable(`${param}.type`, `a part of type '${type}'`);
  }
}

function imageOf(part: JsonObject, param: string): JsonObject {
  refuseFileId(part, param);
  const url = text(part['image_url'], `${param}.image_url`);
  return { url, detail: readName(part['detail'], `${param}.detail`) };
}

/** OpenRouter takes the bytes of a file in a data URL, or its address, in the same member. */
function fileOf(part: JsonObject, param: string): JsonObject {
  refuseFileId(part, param);
  const data = readString(part['file_data'], `${param}.file_data`);
  return {
    filename: readName(part['filename'], `${param}.filename`) ?? 'file',
    file_data: data ?? text(part['file_url'], `${param}.file_data`),
  };
}

function refuseFileId(part: JsonObject, param: string): void {
  if (part['file_id'] != null) throw untranslatable(`${param}.file_id`, 'a file kept by the provider');
}

const text = (value: unknown, param: string): string => required(readString(value, param), param);
