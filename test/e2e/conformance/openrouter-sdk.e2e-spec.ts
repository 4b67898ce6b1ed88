import { OpenRouter } from '@openrouter/sdk';
import { OpenRouterError } from '@openrouter/sdk/models/errors';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { failureOf, fault } from '../tenant.js';
import {
  cancelledUpstream,
  echo,
  longText,
  model,
  newUser,
  question,
  refusals,
  slashModel,
  toolQuestion,
  verdict,
  verdictAbout,
  weatherArguments,
  weatherTool,
} from './cases.js';
import { targets } from './targets.js';

// This client is generated from OpenRouter's own description of its API, and throws at whatever that does not describe.
describe.each(targets)('@openrouter/sdk against %s', (_name, open) => {
  let client: OpenRouter;
  beforeAll(async () => {
    const { origin, apiKey } = await open();
    client = new OpenRouter({ serverURL: `${origin}/api/v1`, apiKey, retryConfig: { strategy: 'none' } });
  });
  const say = (content: string) => [{ role: 'user' as const, content }];
  const chat = (content: string, extra: object = {}) =>
    client.chat.send({ chatRequest: { model, messages: say(content), stream: false, ...extra } });
  const stream = (content: string, extra: object = {}, options: RequestInit = {}) =>
    client.chat.send(
      { chatRequest: { model, messages: say(content), stream: true, ...extra } },
      { fetchOptions: options },
    );

  it('chats', async () => {
    const answer = await chat(question, { model: slashModel });
    if (!('choices' in answer)) throw new Error('It was a stream');
    expect(answer.model).toBe(slashModel);
    expect(answer.choices[0]?.message.content).toBe(echo(question));
    expect(answer.choices[0]?.finishReason).toBe('stop');
    expect(answer.usage?.cost).toBeGreaterThan(0);
  });

  it('streams', async () => {
    const chunks = await Array.fromAsync(
      await chunksOf(stream(question, { streamOptions: { includeUsage: true } })),
    );
    expect(textOf(chunks)).toBe(echo(question));
    expect(chunks.flatMap(({ choices }) => choices[0]?.finishReason ?? [])).toEqual(['stop']);
    expect(chunks.at(-1)?.usage?.cost).toBeGreaterThan(0);
  });

  it('calls tools, whole and in deltas', async () => {
    const whole = await chat(toolQuestion, { tools: [weatherTool] });
    if (!('choices' in whole)) throw new Error('It was a stream');
    const [call] = whole.choices[0]?.message.toolCalls ?? [];
    expect(call?.function.name).toBe('get_weather');
    expect(JSON.parse(call?.function.arguments ?? '')).toEqual(weatherArguments);
    const chunks = await Array.fromAsync(await chunksOf(stream(toolQuestion, { tools: [weatherTool] })));
    const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.toolCalls ?? []);
    expect(new Set(pieces.map(({ index }) => index))).toEqual(new Set([0]));
    expect(JSON.parse(pieces.map((piece) => piece.function?.arguments ?? '').join(''))).toEqual(
      weatherArguments,
    );
  });

  it('answers in a given shape', async () => {
    const jsonSchema = { name: 'verdict', strict: true, schema: z.toJSONSchema(verdict) };
    const answer = await chat(question, { responseFormat: { type: 'json_schema', jsonSchema } });
    if (!('choices' in answer)) throw new Error('It was a stream');
    const said = z.string().parse(answer.choices[0]?.message.content);
    expect(JSON.parse(said)).toEqual(verdictAbout(question));
  });

  it('embeds as numbers and as base64', async () => {
    const vectors = async (encodingFormat: 'float' | 'base64') => {
      const requestBody = { model: 'sim/embed', input: 'one', encodingFormat };
      const answer = await client.embeddings.generate({ requestBody });
      if (typeof answer === 'string') throw new Error('It was a text');
      return answer.data[0]?.embedding;
    };
    const numbers = z.array(z.number()).parse(await vectors('float'));
    expect(numbers).toHaveLength(384);
    expect(await vectors('base64')).toBe(Buffer.from(new Float32Array(numbers).buffer).toString('base64'));
  });

  it('shows one model', async () => {
    const { data } = await client.models.get({ author: 'sim', slug: 'fast' });
    expect(data).toMatchObject({ id: 'sim/fast', pricing: { prompt: '0.0000005' } });
    const missing = await client.models.get({ author: 'no', slug: 'such' }).catch((error: unknown) => error);
    expect(missing).toMatchObject({ statusCode: 404 });
  });

  it('lists models', async () => {
    const ids: string[] = [];
    for await (const { result } of await client.models.list()) ids.push(...result.data.map(({ id }) => id));
    expect(ids).toEqual(expect.arrayContaining([model, slashModel]));
  });

  it.concurrent.each(refusals)('throws at $code $error_type', async ({ status, ...error }) => {
    const user = newUser();
    await fault({ user, error: { message: 'Simulated', ...error } });
    const thrown = await failureOf(chat(question, { user }));
    if (!(thrown instanceof OpenRouterError)) throw thrown;
    expect(status).toContain(thrown.statusCode);
    expect(JSON.parse(thrown.body).error).toMatchObject({
      code: thrown.statusCode,
      message: expect.any(String),
    });
  });

  it('tells of an error in the midst of a stream', async () => {
    const user = newUser();
    await fault({ user, after_chunks: 4, error_in_stream: { code: 502, message: 'Gone' } });
    const chunks = await Array.fromAsync(await chunksOf(stream(question, { user })));
    expect(textOf(chunks)).not.toBe('');
    expect(chunks.at(-1)?.error).toMatchObject({ message: 'Gone' });
  });

  it('leaves in the midst of a stream: the upstream is told', async () => {
    const user = newUser();
    await fault({ user, delay_chunk_ms: 100 });
    const leaving = new AbortController();
    const reading = (async () => {
      for await (const chunk of await chunksOf(stream(longText, { user }, { signal: leaving.signal }))) {
        if (chunk.choices[0]?.delta.content) leaving.abort();
      }
    })();
    await failureOf(reading);
    await cancelledUpstream(user);
  });
});

type Sent = Awaited<ReturnType<OpenRouter['chat']['send']>>;
type Chunk = Exclude<Sent, { choices: unknown }> extends AsyncIterable<infer Item> ? Item : never;

async function chunksOf(sent: Promise<Sent>): Promise<AsyncIterable<Chunk>> {
  const answer = await sent;
  if ('choices' in answer) throw new Error('It was no stream');
  return answer;
}

const textOf = (chunks: Chunk[]): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
