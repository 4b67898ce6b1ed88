import type { GatewayError } from '#common';
import { messageErrorBody, openRouterErrorBody, openRouterErrorEvent } from '#llm-proxy';
import { isOpenRouterPath } from './api-prefix.middleware.js';

/** An error as the clients of one door parse it. */
interface WrittenError {
  headers: Readonly<Record<string, string>>;
  body: object;
  /** The last event of a stream that has begun. */
  event: string;
}

type Dialect = (error: GatewayError, requestId: string) => WrittenError;

const openAi: Dialect = (error) => {
  const body = error.toBody();
  return { headers: {}, body, event: `data: ${JSON.stringify(body)}\n\n` };
};

const openRouter: Dialect = (error) => ({
  headers: {},
  body: openRouterErrorBody(error),
  event: openRouterErrorEvent(error),
});

/** Anthropic's SDKs read the id of a request from a header of another name. */
const anthropic: Dialect = (error, requestId) => {
  const body = messageErrorBody(error, requestId);
  const event = `event: error\ndata: ${JSON.stringify(body)}\n\n`;
  return { headers: { 'request-id': requestId }, body, event };
};

/** Paths whose clients are Anthropic’s. */
export const messagesDoor = /^\/v1\/messages(\/|$)/i;

/**
 * How errors are written for a path. By the path and not by the route, because many happen before there is one: a body too
 * large, a key unknown, a method that no route has.
 *
 * @param path without `/api`
 * @param url as it came
 */
export function errorDialect(path: string, url = path): Dialect {
  if (messagesDoor.test(path)) return anthropic;
  return isOpenRouterPath(url) ? openRouter : openAi;
}
