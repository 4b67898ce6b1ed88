import { assertReasonableShape, InvalidRequestError, parseJsonBody } from '#common';
import { validationPipe } from '../http/validation.pipe.js';
import { FileDetailsDto } from './file.dto.js';

/** A form that was read: its one file, and the other fields as a JSON body would say them. */
export interface FileForm {
  filename: string;
  mediaType: string | undefined;
  bytes: Uint8Array;
  details: FileDetailsDto;
}

const pipe = validationPipe();
/** Twice as many as there are fields. */
const maxParts = 20;
/** A name, a filename of 300 characters and a media type; percent-encoded. */
const maxHeadBytes = 8_192;

/**
 * Reads `multipart/form-data` (RFC 7578) with one part `file`.
 * @throws InvalidRequestError for a body that is no such form, and naming the field that is wrong
 */
export async function readFileForm(body: Buffer, contentType: string): Promise<FileForm> {
  const form = await formOf(body, contentType);
  const file = form.get('file');
  if (!(file instanceof File)) {
    throw new InvalidRequestError('The form must have a part `file` with a filename', 'file');
  }
  if (form.getAll('file').length > 1) throw new InvalidRequestError('Send one file at a time', 'file');
  form.delete('file');
  const fields = Object.fromEntries([...form].map(([name, value]) => [name, fieldOf(name, value)]));
  assertReasonableShape(fields);
  const details: unknown = await pipe.transform(fields, { type: 'body', metatype: FileDetailsDto });
  if (!(details instanceof FileDetailsDto)) throw new Error('A form was validated as something else');
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { filename: file.name, mediaType: file.type || undefined, bytes, details };
}

/** Reading a form of very many parts, or of very long heads, would hold up every other call. */
function assertReasonableForm(body: Buffer, contentType: string): void {
  const boundary = /boundary="?([^";]{1,70})/i.exec(contentType)?.[1]?.trim() ?? '';
  let parts = 0;
  for (let at = body.indexOf(`--${boundary}`); at !== -1; at = body.indexOf(`--${boundary}`, at + 2)) {
    if ((parts += 1) > maxParts) throw new InvalidRequestError(`The form has more than ${maxParts} parts`);
    const headEnd = body.indexOf('\r\n\r\n', at);
    if ((headEnd === -1 ? body.length : headEnd) - at > maxHeadBytes) {
      throw new InvalidRequestError(`A part of the form has a head of more than ${maxHeadBytes} bytes`);
    }
  }
}

async function formOf(body: Buffer, contentType: string): Promise<FormData> {
  assertReasonableForm(body, contentType);
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new InvalidRequestError('The body is no valid multipart/form-data', undefined, 'invalid_body');
  }
}

/** Forms have texts only; some of these mean more. */
function fieldOf(name: string, value: string | File): unknown {
  if (typeof value !== 'string') throw new InvalidRequestError(`${name} must not be a file`, name);
  if (name === 'importance') return value.trim() === '' ? undefined : Number(value);
  if (name === 'pinned') return value === 'true' ? true : value === 'false' ? false : value;
  if (name === 'redact') return value.split(',').map((entry) => entry.trim());
  if (name !== 'metadata') return value;
  return metadataOf(value);
}

function metadataOf(text: string): unknown {
  try {
    return parseJsonBody(Buffer.from(text));
  } catch {
    throw new InvalidRequestError('metadata must be a JSON object', 'metadata');
  }
}
