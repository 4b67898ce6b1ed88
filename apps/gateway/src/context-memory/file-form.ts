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

async function formOf(body: Buffer, contentType: string): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new InvalidRequestError('The body is no valid multipart/form-data', undefined, 'invalid_body');
  }
}

/** Forms have texts only; three of these mean more. */
function fieldOf(name: string, value: string | File): unknown {
  if (typeof value !== 'string') throw new InvalidRequestError(`${name} must not be a file`, name);
  if (name === 'importance') return value.trim() === '' ? undefined : Number(value);
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
