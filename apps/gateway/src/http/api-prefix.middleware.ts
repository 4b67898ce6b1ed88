import type { NextFunction, Request, Response } from 'express';

/** @param url as it came, before the prefix was taken off */
export const isOpenRouterPath = (url: string): boolean => url.startsWith('/api/v1/');

/** OpenRouter's clients say `/api/v1`, OpenAI's say `/v1`: one house, two doors. */
export function openRouterPrefix(request: Request, _response: Response, next: NextFunction): void {
  if (isOpenRouterPath(request.url)) request.url = request.url.slice('/api'.length);
  next();
}
