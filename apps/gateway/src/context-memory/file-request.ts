import type { Request } from 'express';
import { InvalidRequestError, readTime } from '#common';
import type { PiiClass, PostedFile } from '#context-memory';
import { rawBodyOf } from '../http/request-state.js';
import { validationPipe } from '../http/validation.pipe.js';
import { type FileDetailsDto, PostFileDto } from './file.dto.js';
import { readFileForm } from './file-form.js';

/** A posted file, and what of it is not to be stored. */
export interface FileRequest {
  file: PostedFile;
  redact: readonly PiiClass[] | undefined;
}

const pipe = validationPipe();

/** The file of a request, from a JSON body or a form. @throws InvalidRequestError naming the field */
export async function readFileRequest(request: Request): Promise<FileRequest> {
  if (request.is('multipart/form-data')) {
    const form = await readFileForm(rawBodyOf(request), request.headers['content-type'] ?? '');
    const { details, ...file } = form;
    return { file: { ...file, ...detailsOf(details) }, redact: details.redact ?? undefined };
  }
  const body: unknown = await pipe.transform(request.body, { type: 'body', metatype: PostFileDto });
  if (!(body instanceof PostFileDto)) throw new Error('A body was validated as something else');
  const { filename, media_type: mediaType, data } = body.file;
  const bytes = bytesOf(data);
  const file = { filename, mediaType: mediaType ?? undefined, bytes, ...detailsOf(body) };
  return { file, redact: body.redact ?? undefined };
}

/** Base64 with or without its padding and line ends. @throws InvalidRequestError for anything else, which Node would pass over */
function bytesOf(data: string): Buffer {
  const written = data.replace(/\s+/g, '').replace(/={1,2}$/, '');
  const bytes = Buffer.from(written, 'base64');
  if (bytes.toString('base64').replace(/={1,2}$/, '') !== written) {
    throw new InvalidRequestError('file.data must be base64', 'file.data');
  }
  return bytes;
}

const detailsOf = (details: FileDetailsDto): Omit<PostedFile, 'filename' | 'mediaType' | 'bytes'> => ({
  kind: details.kind ?? 'document',
  title: details.title ?? undefined,
  session: details.session ?? undefined,
  collection: details.collection ?? undefined,
  externalId: details.external_id ?? undefined,
  metadata: details.metadata ?? undefined,
  importance: details.importance ?? undefined,
  pinned: details.pinned ?? undefined,
  expiresAt: details.expires_at == null ? undefined : readTime(details.expires_at, 'expires_at'),
});
