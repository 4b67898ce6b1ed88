import { isJsonObject, type JsonObject } from '#common';
import { serveChat } from './chat.handler.js';
import type { Exchange } from './exchange.js';
import { objectsIn } from './objects-in.js';
import { badRequest } from './openrouter.error.js';
import type { SimulatorState } from './simulator.state.js';

/** A prompt as a text: token numbers are written out. */
const spoken = (prompt: unknown): string =>
  typeof prompt === 'string' ? prompt : Array.isArray(prompt) ? prompt.join(' ') : '';

function promptsIn(body: JsonObject): unknown[] {
  const { prompt } = body;
  if (typeof prompt === 'string') return [prompt];
  if (!Array.isArray(prompt) || prompt.length === 0) throw badRequest('Input required: specify "prompt"');
  return typeof prompt[0] === 'number' ? [prompt] : prompt;
}

/** A reply, or a chunk of one, as text completions have it. */
const asText = (reply: JsonObject): JsonObject => ({
  ...reply,
  object: 'text_completion',
  choices: objectsIn(reply['choices']).map(({ delta, message, ...choice }) => {
    const said = delta ?? message;
    return { ...choice, text: isJsonObject(said) ? (said['content'] ?? '') : '' };
  }),
});

/** `POST /completions`, OpenAI's older API: a chat in which the prompts are what the user said; one choice for each. */
export async function serveText(exchange: Exchange, state: SimulatorState, body: JsonObject): Promise<void> {
  const prompts = promptsIn(body);
  const messages = prompts.map((prompt) => ({ role: 'user', content: spoken(prompt) }));
  const n = typeof body['n'] === 'number' ? body['n'] : 1;
  await serveChat(exchange, state, { ...body, messages, n: n * prompts.length }, asText);
}
