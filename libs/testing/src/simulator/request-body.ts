import type { IncomingMessage } from 'node:http';
import { isJsonObject, type JsonObject } from '#common';
import { badRequest, OpenRouterError } from './openrouter.error.js';

const largestBody = 32 * 1024 * 1024;

/**
 * The whole body of a request.
 * @throws OpenRouterError 413 beyond 32 MiB.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    bytes += part.length;
    // Read on to the end: a caller that is still writing would see a broken pipe instead of the answer.
    if (bytes <= largestBody) parts.push(part);
  }
  if (bytes > largestBody) {
    throw new OpenRouterError({
      code: 413,
      message: 'Request entity too large',
      error_type: 'payload_too_large',
    });
  }
  return Buffer.concat(parts);
}

/** A body as a JSON object. @throws OpenRouterError 400 for anything else. */
export function parseBody(bytes: Buffer): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString());
  } catch {
    throw badRequest('The body is not valid JSON');
  }
  if (!isJsonObject(body)) throw badRequest('The body must be a JSON object');
  return body;
}
