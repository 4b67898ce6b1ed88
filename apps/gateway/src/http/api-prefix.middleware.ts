import type { NextFunction, Request, Response } from 'express';

/** OpenRouter's clients say `/api/v1`, OpenAI's say `/v1`: one house, two doors. */
export function openRouterPrefix(request: Request, _response: Response, next: NextFunction): void {
  if (request.url.startsWith('/api/v1/')) request.url = request.url.slice('/api'.length);
  next();
}
