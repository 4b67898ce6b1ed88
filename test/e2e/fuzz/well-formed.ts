import { isJsonObject, parseJson, stringOf } from '#common';

/** A reply as it came. */
export interface Reply {
  path: string;
  status: number;
  /** The content type. */
  type: string;
  text: string;
  /** False when the connection broke before the body's end. */
  isWhole: boolean;
}

/** What is wrong with a reply, for people; undefined when a client can make sense of it. */
export function faultIn(reply: Reply): string | undefined {
  const { path, status, type, text, isWhole } = reply;
  if (!isWhole) return 'it broke off';
  if (type.startsWith('text/event-stream'))
    return status === 200 ? faultInStream(path, text) : 'a stream of no success';
  if (!type.startsWith('application/json')) return `of type ${type}`;
  const body = parseJson(text);
  if (status < 400) return isJsonObject(body) ? undefined : 'a success that is no JSON object';
  return isJsonObject(body) ? faultInError(path, body) : 'an error that is no JSON object';
}

/** OpenAI's shape, and Anthropic's behind its door. */
function faultInError(path: string, body: Record<string, unknown>): string | undefined {
  const { error } = body;
  if (!isJsonObject(error)) return 'an error without `error`';
  const names = path === '/v1/messages' ? ['message', 'type'] : ['message', 'type', 'code'];
  const lacking = names.find((name) => !stringOf(error[name]));
  if (lacking !== undefined) return `an error without \`error.${lacking}\``;
  return path === '/v1/messages' && body['type'] !== 'error'
    ? 'not Anthropic’s shape of an error'
    : undefined;
}

/** The events that may be the last, by door; chat's own ends in `[DONE]` or an error. */
const lastEvents: Readonly<Record<string, readonly string[]>> = {
  '/v1/responses': ['response.completed', 'response.incomplete', 'response.failed'],
  '/v1/messages': ['message_stop', 'error'],
};

/** The data of each event that has any, as a client reads it: lines joined (`[DONE]` may be followed by an empty one). */
const dataOfEvents = (text: string): string[] =>
  text
    .replaceAll(/\r\n?/g, '\n')
    .split(/\n{2,}/)
    .map((event) => event.split('\n').filter((line) => line.startsWith('data:')))
    .filter((lines) => lines.length > 0)
    .map((lines) =>
      lines
        .map((line) => line.slice('data:'.length))
        .join('\n')
        .trim(),
    );

function faultInStream(path: string, text: string): string | undefined {
  const data = dataOfEvents(text);
  const last = data.at(-1) ?? '';
  const event = parseJson(last);
  const expected = lastEvents[path];
  if (expected !== undefined) {
    const type = isJsonObject(event) ? stringOf(event['type']) : undefined;
    return expected.includes(type ?? '') ? undefined : `a stream that ends in ${last.slice(0, 200)}`;
  }
  if (data.filter((line) => line === '[DONE]').length > 1) return 'a stream with two [DONE]';
  if (last === '[DONE]') return undefined;
  return isJsonObject(event) && event['error'] ? undefined : `a stream that ends in ${last.slice(0, 200)}`;
}
