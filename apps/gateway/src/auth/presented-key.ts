import type { Request } from 'express';

const bearer = /^Bearer +(\S+) *$/i;

/** The token of an `Authorization: Bearer …` header. */
export const bearerToken = (request: Request): string | undefined =>
  bearer.exec(request.headers.authorization ?? '')?.[1];

/** The key a request presents: as Bearer token (OpenAI), `x-api-key` (Anthropic) or `api-key` (Azure), in this order. */
export function presentedKey(request: Request): string | undefined {
  // An Authorization header that is no Bearer token was still meant as a key: it must not read as "missing".
  if (request.headers.authorization) return bearerToken(request) ?? request.headers.authorization;
  const key = request.headers['x-api-key'] ?? request.headers['api-key'];
  return Array.isArray(key) ? key[0] : key || undefined;
}
