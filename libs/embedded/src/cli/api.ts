import { isJsonObject } from '#common';
import { CommandFailed } from './console.js';

/** POSTs JSON with a Bearer key. Throws CommandFailed, with the answer's text, unless the status is 2xx. */
export async function postJson(url: string, key: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new CommandFailed(`POST ${url} answered ${response.status}: ${text.slice(0, 500)}`);
  const parsed: unknown = JSON.parse(text);
  if (!isJsonObject(parsed)) throw new CommandFailed(`POST ${url} did not answer an object`);
  return parsed;
}
