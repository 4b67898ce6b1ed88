import type { Request, RequestHandler } from 'express';
import { assertReasonableShape, parseJsonBody } from '#common';
import { UnsupportedMediaTypeError } from './http.errors.js';
import { ndjson } from './json-lines.js';
import { hasBody, readBody } from './read-body.js';
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
 * Reads bodies once: the bytes are kept for byte-true forwarding, their JSON value is what handlers see. Refusals: those of
 * `readBody`, 415 for anything that does not call itself JSON (or lines of it, or a form, where a route takes those), 400 for what
 * is not JSON.
 *
 * @param limit bytes
 */
export function jsonBody(limit: number): RequestHandler {
  return async (request, _response, next) => {
    await takeBody(request, limit);
    next();
  };
}

/** What {@link jsonBody} does, for whoever serves a request without Express. @throws GatewayError */
export async function takeBody(request: Request, limit: number): Promise<void> {
  request.body = undefined;
  if (!hasBody(request)) return;
  const bytes = await readBody(request, limit);
  if (bytes.length === 0 && isBodiless(request)) return;
  const route = routeOf(request);
  if (forms.has(route) && request.is('multipart/form-data')) {
    stateOf(request).rawBody = bytes;
    return;
  }
  const takesLines = lines.has(route);
  if (!(takesLines ? request.is(ndjson) : isJson(request))) {
    throw new UnsupportedMediaTypeError(request.headers['content-type'], takesLines ? ndjson : undefined);
  }
  stateOf(request).rawBody = bytes;
  if (!takesLines && !forwarded.has(route)) request.body = ownBody(bytes);
}

/** As the router reads a path: the case of letters and a slash at the end mean nothing. */
const routeOf = ({ path }: Request): string => path.toLowerCase().replace(/\/$/, '');

/** Nearly all clients write it just so; what else may mean JSON takes longer to find out. */
const isJson = (request: Request): boolean =>
  request.headers['content-type'] === 'application/json' || Boolean(request.is(['json', '+json']));

/** Clients put a content type on a DELETE, and a length of 0 on a POST that has nothing to say. */
const isBodiless = ({ method, headers }: Request): boolean =>
  method === 'DELETE' || headers['content-type'] === undefined;

/** The body of a route of ours, fit to be validated. */
function ownBody(bytes: Buffer): unknown {
  const value = parseJsonBody(bytes);
  assertReasonableShape(value);
  return value;
}
