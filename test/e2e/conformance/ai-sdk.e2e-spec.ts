import { embedMany, generateText, isStepCount, Output, streamText, tool } from 'ai';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureOf, fault } from '../tenant.js';
import { type Models, providers } from './ai-sdk.clients.js';
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
  weather,
  weatherArguments,
} from './cases.js';
import { targets } from './targets.js';

const pairs = providers.flatMap(([provider, models]) =>
  targets.map(([target, open]) => ({ provider, target, models, open })),
);

describe.each(pairs)('$provider against $target', ({ models, open }) => {
  let client: Models;
  beforeAll(async () => {
    client = models(await open());
  });
  const call = (id = model, user = newUser()) => ({
    model: client.chat(id),
    maxRetries: 0,
    // Each provider looks for its options under its own name.
    providerOptions: { gateway: { user }, openrouter: { user } },
  });
  const tools = { get_weather: tool({ inputSchema: weather, execute: () => 'sunny' }) };

  it('chats', async () => {
    const answer = await generateText({ ...call(slashModel), prompt: question });
    expect(answer.text).toBe(echo(question));
    expect(answer.finishReason).toBe('stop');
    expect(answer.usage.totalTokens).toBeGreaterThan(0);
    expect(answer.response.modelId).toBe(slashModel);
  });

  it('streams', async () => {
    const answer = streamText({ ...call(), prompt: question });
    expect((await Array.fromAsync(answer.textStream)).join('')).toBe(echo(question));
    expect(await answer.finishReason).toBe('stop');
    expect((await answer.usage).totalTokens).toBeGreaterThan(0);
  });

  it('calls tools and goes on after their results, whole and in deltas', async () => {
    const asked = { ...call(), prompt: toolQuestion, tools, stopWhen: isStepCount(3) };
    const whole = await generateText(asked);
    const streamed = streamText(asked);
    await streamed.consumeStream();
    for (const steps of [whole.steps, await streamed.steps]) {
      expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
      expect(steps[0]?.toolCalls[0]).toMatchObject({ toolName: 'get_weather', input: weatherArguments });
      expect(steps[1]?.text).toBe('The tool said: sunny');
    }
  });

  it('answers in a given shape', async () => {
    const output = Output.object({ schema: verdict });
    const whole = await generateText({ ...call(), prompt: question, output });
    const streamed = streamText({ ...call(), prompt: question, output });
    expect([whole.output, await streamed.output]).toEqual([verdictAbout(question), verdictAbout(question)]);
  });

  it('embeds as numbers', async () => {
    const { embeddings, usage } = await embedMany({
      model: client.embed('sim/embed'),
      values: ['one', 'two'],
    });
    expect(embeddings.map(({ length }) => length)).toEqual([384, 384]);
    expect(embeddings[0]).not.toEqual(embeddings[1]);
    expect(usage.tokens).toBeGreaterThan(0);
  });

  it.concurrent.each(refusals)('throws at $code $error_type', async ({ status, ...error }) => {
    const user = newUser();
    await fault({ user, error: { message: 'Simulated', ...error } });
    const thrown = await failureOf(generateText({ ...call(model, user), prompt: question }));
    expect(thrown).toMatchObject({ name: 'AI_APICallError', statusCode: expect.toBeOneOf(status) });
    const seen: unknown[] = [];
    const stream = streamText({
      ...call(model, user),
      prompt: question,
      onError: ({ error }) => void seen.push(error),
    });
    await stream.consumeStream();
    expect(seen).toEqual([expect.objectContaining({ statusCode: expect.toBeOneOf(status) })]);
  });

  it('tells of an error in the midst of a stream', async () => {
    const user = newUser();
    await fault({ user, after_chunks: 4, error_in_stream: { code: 502, message: 'Gone' } });
    const seen: unknown[] = [];
    const stream = streamText({
      ...call(model, user),
      prompt: question,
      onError: ({ error }) => void seen.push(error),
    });
    const parts = await Array.fromAsync(stream.fullStream);
    expect(seen).toHaveLength(1);
    expect(parts.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(0);
    expect(parts.filter(({ type }) => type === 'error')).toHaveLength(1);
  });

  it('leaves in the midst of a stream: the upstream is told', async () => {
    const user = newUser();
    await fault({ user, delay_chunk_ms: 100 });
    const leaving = new AbortController();
    const stream = streamText({ ...call(model, user), prompt: longText, abortSignal: leaving.signal });
    const seen: string[] = [];
    for await (const part of stream.fullStream) {
      seen.push(part.type);
      if (part.type === 'text-delta') leaving.abort();
    }
    expect(seen.at(-1)).toBe('abort');
    await cancelledUpstream(user);
  });
});
