import type { GatewayError } from '#common';
import { messageErrorBody } from '#llm-proxy';

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
 */
export const errorDialect = (path: string): Dialect => (messagesDoor.test(path) ? anthropic : openAi);
