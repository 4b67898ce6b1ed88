import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
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
  toolQuestion,
  verdict,
  verdictAbout,
  weather,
  weatherArguments,
} from './cases.js';
import { type Target, targets } from './targets.js';

const weatherTool = tool(() => 'sunny', {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: weather,
});

describe.each(targets)('@langchain/openai against %s', (_name, open) => {
  let target: Target;
  beforeAll(async () => {
    target = await open();
  });
  const options = () => ({
    apiKey: target.apiKey,
    maxRetries: 0,
    configuration: { baseURL: `${target.origin}/v1` },
  });
  const client = (user = newUser()) => new ChatOpenAI({ ...options(), model, user });

  it('chats', async () => {
    const answer = await client().invoke(question);
    expect(answer.text).toBe(echo(question));
    expect(answer.response_metadata).toMatchObject({ finish_reason: 'stop', model_name: model });
    expect(answer.usage_metadata?.total_tokens).toBeGreaterThan(0);
  });

  it('streams, and adds usage up once', async () => {
    const chunks = await Array.fromAsync(await client().stream(question));
    expect(chunks.map(({ text }) => text).join('')).toBe(echo(question));
    const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
    const { usage_metadata: alone } = await client().invoke(question);
    expect(whole.usage_metadata?.total_tokens).toBe(alone?.total_tokens);
    expect(chunks.flatMap(({ response_metadata }) => response_metadata['finish_reason'] ?? [])).toEqual([
      'stop',
    ]);
  });

  it('calls tools, whole and in deltas, and goes on after their results', async () => {
    const withTools = client().bindTools([weatherTool]);
    const asked = new HumanMessage(toolQuestion);
    const whole = await withTools.invoke([asked]);
    const streamed = (await Array.fromAsync(await withTools.stream([asked]))).reduce((sum, chunk) =>
      sum.concat(chunk),
    );
    for (const { tool_calls } of [whole, streamed]) {
      expect(tool_calls).toEqual([
        expect.objectContaining({ name: 'get_weather', args: weatherArguments, type: 'tool_call' }),
      ]);
    }
    const result = new ToolMessage({ content: 'sunny', tool_call_id: whole.tool_calls?.[0]?.id ?? '' });
    expect((await withTools.invoke([asked, whole, result])).text).toBe('The tool said: sunny');
  });

  it('answers in a given shape', async () => {
    const structured = client().withStructuredOutput(verdict, { method: 'jsonSchema' });
    expect(await structured.invoke(question)).toEqual(verdictAbout(question));
  });

  it('embeds', async () => {
    const embeddings = new OpenAIEmbeddings({ ...options(), model: 'sim/embed' });
    const vectors = await embeddings.embedDocuments(['one', 'two']);
    expect(vectors.map(({ length }) => length)).toEqual([384, 384]);
    expect(await embeddings.embedQuery('one')).toEqual(vectors[0]);
  });

  it.concurrent.each(refusals)('throws at $code $error_type', async ({ status, ...error }) => {
    const user = newUser();
    await fault({ user, error: { message: 'Simulated', ...error } });
    expect(await failureOf(client(user).invoke(question))).toMatchObject({
      status: expect.toBeOneOf(status),
    });
  });

  it('throws in the midst of a stream', async () => {
    const user = newUser();
    await fault({ user, after_chunks: 4, error_in_stream: { code: 502, message: 'Gone' } });
    const said: string[] = [];
    const reading = (async () => {
      for await (const { text } of await client(user).stream(question)) said.push(text);
    })();
    expect(await failureOf(reading)).toBeInstanceOf(Error);
    expect(said.join('')).not.toBe('');
  });

  it('leaves in the midst of a stream: the upstream is told', async () => {
    const user = newUser();
    await fault({ user, delay_chunk_ms: 100 });
    const leaving = new AbortController();
    const reading = (async () => {
      const stream = await client(user).stream(longText, { signal: leaving.signal });
      for await (const { text } of stream) if (text !== '') leaving.abort();
    })();
    expect(await failureOf(reading)).toMatchObject({ message: expect.stringMatching(/abort/i) });
    await cancelledUpstream(user);
  });
});
