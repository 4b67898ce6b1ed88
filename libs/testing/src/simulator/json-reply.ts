import type { JsonObject } from '#common';
import type { Exchange } from './exchange.js';
import { errorObject, type OpenRouterError } from './openrouter.error.js';

/** What a proxy in front of a dead provider says. */
export const garbageBody = '<html><body><h1>502 Bad Gateway</h1></body></html>';

function bodyOf(exchange: Exchange, value: unknown): string {
  const { body, error_in_body: error } = exchange.fault;
  const text = JSON.stringify(error ? { error: errorObject(error) } : value);
  if (body === 'garbage') return garbageBody;
  if (body === 'none') return '';
  return body === 'truncated' ? text.slice(0, text.length / 2) : text;
}

/** Answers with JSON, or with what the call's fault makes of it. */
export async function sendJson(
  exchange: Exchange,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): Promise<void> {
  const { fault } = exchange;
  await exchange.begin();
  const text = bodyOf(exchange, value);
  exchange.open(status, { 'content-type': fault.content_type ?? 'application/json', ...headers });
  if (fault.delay_body_ms) await exchange.idle(fault.delay_body_ms);
  if (fault.cut === 'mid_stream' || fault.hang === 'mid_stream') {
    await exchange.write(text.slice(0, text.length / 2));
    await exchange.idle(fault.cut ? 0 : Infinity);
    exchange.cut();
  }
  await exchange.write(text);
  exchange.end();
}

/** Answers with OpenRouter's error body, `{error: {code, message, metadata?}}`, under the error's status. */
export async function sendError(exchange: Exchange, error: OpenRouterError): Promise<void> {
  exchange.call.error = error.message;
  const { retry_after: retryAfter } = error.details;
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
  const body: JsonObject = { error: errorObject(error.details) };
  await sendJson(exchange, body, error.status, headers);
}
