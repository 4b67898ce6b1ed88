import type { NextFunction, Request, Response } from 'express';

/** OpenRouter's clients say `/api/v1`, OpenAI's say `/v1`: one house, two doors. */
export const openRouterPrefix = '/api';

/** @param url as it came, before the prefix was taken off */
export const isOpenRouterPath = (url: string): boolean => url.startsWith(`${openRouterPrefix}/v1/`);

/** Routes are written without the prefix. */
export function withoutPrefix(request: Request, _response: Response, next: NextFunction): void {
  if (isOpenRouterPath(request.url)) request.url = request.url.slice(openRouterPrefix.length);
  next();
}
