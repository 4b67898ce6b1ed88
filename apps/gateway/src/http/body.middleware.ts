import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { assertReasonableShape, parseJsonBody } from '#common';
import { UnsupportedMediaTypeError } from './http.errors.js';
import { ndjson } from './json-lines.js';
import { stateOf } from './request-state.js';

/** Forwarded byte for byte, or translated: their readers (libs/llm-proxy) parse them, and keep the ranges of their members. */
const forwarded = new Set([
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/completions',
  '/v1/embeddings',
]);

/** What is no JSON, or need not be, by route: read by the route itself. */
const lines = new Set(['/v1/context/import']);
const forms = new Set(['/v1/context/files']);

/**
 * Reads bodies once: the bytes are kept for byte-true forwarding, their JSON value is what handlers see. Refusals: 413 over
 * the limit, 415 for anything that does not call itself JSON (or lines of it, or a form, where a route takes those), 400 for what
 * is not JSON.
 *
 * @param limit bytes
 */
export function jsonBody(limit: number): RequestHandler[] {
  // Not inflated: a few kilobytes could become many megabytes before anybody was asked who sends them.
  return [express.raw({ limit, inflate: false, type: () => true }), parse];
}

function parse(request: Request, _response: Response, next: NextFunction): void {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || (bytes.length === 0 && isBodiless(request))) {
    request.body = undefined;
    next();
    return;
  }
  if (forms.has(request.path) && request.is('multipart/form-data')) {
    stateOf(request).rawBody = bytes;
    request.body = undefined;
    next();
    return;
  }
  const takesLines = lines.has(request.path);
  if (!request.is(takesLines ? [ndjson] : ['json', '+json'])) {
    next(new UnsupportedMediaTypeError(request.headers['content-type'], takesLines ? ndjson : undefined));
    return;
  }
  stateOf(request).rawBody = bytes;
  request.body = takesLines || forwarded.has(request.path) ? undefined : ownBody(bytes);
  next();
}

/** Clients put a content type on a DELETE, and a length of 0 on a POST that has nothing to say. */
const isBodiless = ({ method, headers }: Request): boolean =>
  method === 'DELETE' || headers['content-type'] === undefined;

/** The body of a route of ours, fit to be validated. */
function ownBody(bytes: Buffer): unknown {
  const value = parseJsonBody(bytes);
  assertReasonableShape(value);
  return value;
}
