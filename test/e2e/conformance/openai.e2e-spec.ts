import OpenAI, { APIError, APIUserAbortError, AuthenticationError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { beforeAll, describe, expect, it } from 'vitest';
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
import { type Target, targets } from './targets.js';

const classes: Record<number, new (...args: never[]) => APIError> = {
  400: OpenAI.BadRequestError,
  404: OpenAI.NotFoundError,
  413: APIError,
  422: OpenAI.UnprocessableEntityError,
  429: OpenAI.RateLimitError,
};

describe.each(targets)('openai against %s', (_name, open) => {
  let target: Target;
  let client: OpenAI;
  beforeAll(async () => {
    target = await open();
    client = new OpenAI({ baseURL: `${target.origin}/v1`, apiKey: target.apiKey, maxRetries: 0 });
  });
  const say = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }];
  const chat = { model, messages: say(question) };

  it('chats', async () => {
    const answer = await client.chat.completions.create(chat);
    expect(answer.object).toBe('chat.completion');
    expect(answer.id).toMatch(/^gen-/);
    expect(answer.model).toBe(model);
    expect(answer.choices).toHaveLength(1);
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(answer.choices[0]?.message).toMatchObject({ role: 'assistant', content: echo(question) });
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('streams: role first, one finish reason a choice, usage last when it is asked for', async () => {
    const stream = await client.chat.completions.create({
      ...chat,
      n: 2,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await Array.fromAsync(stream);
    for (const index of [0, 1]) {
      const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
      expect(own[0]?.delta.role).toBe('assistant');
      expect(own.map(({ delta }) => delta.content ?? '').join('')).toBe(echo(question));
      expect(own.flatMap((choice) => choice.finish_reason ?? [])).toEqual(['stop']);
    }
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it('calls tools, whole and in deltas, and goes on after their results', async () => {
    const asked = { model, messages: say(toolQuestion), tools: [weatherTool] };
    const whole = await client.chat.completions.create(asked);
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
    for (const { choices } of [whole, streamed]) {
      expect(choices[0]?.finish_reason).toBe('tool_calls');
      const [call] = choices[0]?.message.tool_calls ?? [];
      expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
      expect(JSON.parse(call?.type === 'function' ? call.function.arguments : '')).toEqual(weatherArguments);
    }
    const seen: string[] = [];
    const run = client.chat.completions.runTools({
      ...asked,
      stream: true,
      tools: [
        {
          type: 'function',
          function: {
            ...weatherTool.function,
            function: (text: string) => {
              seen.push(text);
              return 'sunny';
            },
          },
        },
      ],
    });
    expect(await run.finalContent()).toBe('The tool said: sunny');
    expect(seen.map((text) => JSON.parse(text))).toEqual([weatherArguments]);
  });

  it('answers in a given shape', async () => {
    const answer = await client.chat.completions.parse({
      ...chat,
      response_format: zodResponseFormat(verdict, 'verdict'),
    });
    expect(answer.choices[0]?.message.parsed).toEqual(verdictAbout(question));
  });

  it('embeds: as base64, which this client asks for, and as numbers, the same to the bit', async () => {
    const input = ['one', 'two'];
    const decoded = await client.embeddings.create({ model: 'sim/embed', input });
    const numbers = await client.embeddings.create({ model: 'sim/embed', input, encoding_format: 'float' });
    const raw = await client.embeddings.create({ model: 'sim/embed', input, encoding_format: 'base64' });
    expect(decoded.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 384],
      [1, 384],
    ]);
    expect(decoded.data.map(({ embedding }) => embedding)).toEqual(
      numbers.data.map(({ embedding }) => embedding),
    );
    const bits = numbers.data.map(({ embedding }) =>
      Buffer.from(new Float32Array(embedding).buffer).toString('base64'),
    );
    expect(raw.data.map(({ embedding }) => embedding as unknown)).toEqual(bits);
    const short = await client.embeddings.create({ model: 'sim/embed', input: [1, 2, 3], dimensions: 8 });
    expect(short.data[0]?.embedding).toHaveLength(8);
    expect(short.usage.total_tokens).toBe(3);
  });

  it('lists models, with slashes in their names', async () => {
    const ids = (await Array.fromAsync(client.models.list())).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([model, slashModel]));
    const answer = await client.chat.completions.create({ ...chat, model: slashModel });
    expect(answer.model).toBe(slashModel);
  });

  it.concurrent.each(refusals)('throws the class of $code $error_type', async ({ status, ...error }) => {
    const user = newUser();
    await fault({ user, error: { message: 'Simulated', ...error } });
    for (const stream of [false, true]) {
      const thrown = await failureOf(client.chat.completions.create({ ...chat, user, stream }));
      expect(thrown).toBeInstanceOf(classes[error.code] ?? OpenAI.InternalServerError);
      expect(status).toContain((thrown as APIError).status);
      expect((thrown as APIError).message).not.toContain('(no body)');
    }
  });

  it('is refused without a key', async () => {
    const headers = { authorization: null };
    expect(await failureOf(client.chat.completions.create(chat, { headers }))).toBeInstanceOf(
      AuthenticationError,
    );
  });

  it.each([
    { name: 'an error event', fault: { error_in_stream: { code: 502, message: 'Gone' } } },
    { name: 'an error event whose code is a word', fault: { error_in_stream: { code: 'server_error' } } },
  ])('throws in the midst of a stream at $name', async ({ fault: wrong }) => {
    const user = newUser();
    await fault({ user, after_chunks: 4, ...wrong });
    const stream = await client.chat.completions.create({ ...chat, user, stream: true });
    const said: string[] = [];
    const thrown = await failureOf(
      (async () => {
        for await (const chunk of stream) said.push(chunk.choices[0]?.delta.content ?? '');
      })(),
    );
    expect(thrown).toBeInstanceOf(APIError);
    expect(echo(question).startsWith(said.join(''))).toBe(true);
    expect(said.join('')).not.toBe('');
  });

  it('leaves, before the first byte and in the midst of a stream: the upstream is told', async () => {
    const [silent, slow] = [newUser(), newUser()];
    await fault({ user: silent, hang: 'before_headers' });
    await fault({ user: slow, delay_chunk_ms: 100 });
    const leaving = new AbortController();
    const waiting = failureOf(
      client.chat.completions.create({ ...chat, user: silent }, { signal: leaving.signal }),
    );
    const stream = await client.chat.completions.create({
      model,
      messages: say(longText),
      user: slow,
      stream: true,
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    await cancelledUpstream(slow);
    leaving.abort();
    expect(await waiting).toBeInstanceOf(APIUserAbortError);
    await cancelledUpstream(silent);
  });
});
