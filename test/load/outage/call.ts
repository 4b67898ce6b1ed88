import { isJsonObject, parseJson } from '#common';
import { alias } from './plan.js';
import type { Call } from './record.js';

/** A client that waited so long says that the call hangs. More than the longest time-out of the gateway. */
const patienceMs = 15_000;

/** Makes one call and says how it ended; never throws. */
export async function makeCall(url: string, key: string, stream: boolean): Promise<Call> {
  const startedAt = Date.now();
  const [status, text] = await answer(url, key, stream).catch((): [number, string] => [0, '']);
  const isWhole = stream ? text.endsWith('data: [DONE]\n\n') : isJsonObject(parseJson(text));
  const model = /"model":"([^"]+)"/.exec(text)?.[1];
  const generationId = /"id":"(gen-[^"]+)"/.exec(text)?.[1];
  return { stream, startedAt, endedAt: Date.now(), status, isWhole, model, generationId };
}

async function answer(url: string, key: string, stream: boolean): Promise<[number, string]> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    signal: AbortSignal.timeout(patienceMs),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: alias,
      stream,
      max_tokens: 32,
      messages: [{ role: 'user', content: 'one two three four five six' }],
    }),
  });
  return [response.status, await response.text()];
}

/** What its client would call an error. */
export const failed = ({ status, isWhole }: Call): boolean => status !== 200 || !isWhole;
