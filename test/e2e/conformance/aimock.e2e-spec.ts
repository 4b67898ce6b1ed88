import { type ChaosConfig, LLMock } from '@copilotkit/aimock';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningProcess } from '../running-process.js';
import { failureOf, newTenant, type Tenant, until } from '../tenant.js';
import { model, newUser, verdict, verdictAbout, weatherArguments, weatherTool } from './cases.js';
import { allClients, statusOf } from './clients.js';
import { startGatewayBefore } from './gateway-before.js';

const answer = 'An upstream that none of us wrote answers this.';

/** Its switches at their worst, what becomes of a call while they stay, and whether another attempt may help. */
const chaos: { name: string; config: ChaosConfig; status: number }[] = [
  { name: '500', config: { dropRate: 1 }, status: 502 },
  { name: 'malformed JSON', config: { malformedRate: 1 }, status: 502 },
  { name: 'a connection that breaks', config: { disconnectRate: 1 }, status: 502 },
  { name: '429', config: { rateLimitRate: 1 }, status: 429 },
];

describe('behind the gateway: an upstream that we did not write', () => {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 8 });
  let gateway: RunningProcess;
  let tenant: Tenant;
  beforeAll(async () => {
    mock.onMessage('whole', { content: answer });
    mock.onMessage('commented', { content: answer }, { openRouterProcessing: true });
    mock.onMessage('slowly', { content: answer }, { streamingProfile: { ttft: 200, tps: 100 } });
    mock.onMessage('broken off', { content: answer }, { truncateAfterChunks: 3 });
    mock.onMessage('weather', {
      toolCalls: [{ name: 'get_weather', arguments: JSON.stringify(weatherArguments) }],
    });
    mock.onMessage('verdict', { content: JSON.stringify(verdictAbout('mock')) });
    mock.onEmbedding('one', { embedding: [0.5, -0.25, 3] });
    await mock.start();
    gateway = await startGatewayBefore(`${mock.url}/api/v1`, { OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '1000' });
    tenant = await newTenant({ gatewayUrl: gateway.url });
  });
  beforeEach(() => {
    mock.clearChaos();
    mock.clearRequests();
  });
  afterAll(async () => {
    await gateway?.stop();
    await mock.stop();
  });

  /** Every client in both its ways, all at once: what each call came to, under its name. */
  async function everyCall(text: string, outcome: (call: Promise<string>) => Promise<unknown>) {
    const calls = allClients.flatMap(([name, make]) => {
      const client = make({ origin: gateway.url, apiKey: tenant.key }, 0);
      return (['ask', 'stream'] as const).map((way) => ({
        name,
        way,
        call: () => client[way](text, newUser()),
      }));
    });
    // The mock's chunks have a null where OpenRouter's description of them, and so its SDK, knows a text only.
    const possible = calls.filter(({ name, way }) => way === 'ask' || name !== '@openrouter/sdk');
    return Promise.all(
      possible.map(async ({ name, way, call }) => [`${name} ${way}`, await outcome(call())]),
    );
  }
  const all = (outcomes: unknown[][], expected: unknown) =>
    expect(outcomes).toEqual(outcomes.map(([name]) => [name, expected]));

  it.each(['whole', 'commented', 'slowly'])('every client gets the answer %s', async (manner) => {
    all(await everyCall(manner, (call) => call), answer);
  });

  it.each(chaos)('every client gets an error at $name', async ({ config, status }) => {
    mock.setChaos(config);
    all(await everyCall('whole', async (call) => statusOf(await failureOf(call))), status);
  });

  it('every stream that breaks off fails, and does not just end', async () => {
    const outcomes = await everyCall('broken off', (call) =>
      call.then(
        () => 'an answer',
        () => 'an error',
      ),
    );
    const streams = outcomes.filter(([name]) => String(name).endsWith(' stream'));
    all(streams, 'an error');
    expect(streams).toHaveLength(allClients.length - 1);
  });

  const openai = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: tenant.key, maxRetries: 0 });
  const say = (content: string) => ({ model, messages: [{ role: 'user' as const, content }] });

  it('answers when one attempt fails, whole and in a stream', async () => {
    for (const stream of [false, true]) {
      mock.clearRequests();
      mock.nextRequestError(500, { message: 'Gone' });
      const text = stream
        ? await openai().chat.completions.stream(say('whole')).finalContent()
        : (await openai().chat.completions.create(say('whole'))).choices[0]?.message.content;
      expect([text, mock.getRequests().length]).toEqual([answer, 2]);
    }
  });

  it('answers as soon as the chaos is over, within the attempts of one call', async () => {
    for (const { config } of chaos.slice(0, 3)) {
      mock.clearRequests();
      mock.setChaos(config);
      const call = openai().chat.completions.create(say('whole'));
      await until(
        'the first attempt',
        () => Promise.resolve(mock.getRequests().length),
        (attempts) => attempts > 0,
      );
      mock.clearChaos();
      expect((await call).choices[0]?.message.content).toBe(answer);
    }
  });

  it('does not wait for ever: 504 after silence', async () => {
    mock.setChaos({ latencyMs: 10_000 });
    expect(
      statusOf(await failureOf(openai().chat.completions.create({ ...say('whole'), stream: true }))),
    ).toBe(504);
  });

  it('calls tools, answers in a shape and embeds', async () => {
    const asked = { ...say('weather'), tools: [weatherTool] };
    const whole = await openai().chat.completions.create(asked);
    const streamed = await openai().chat.completions.stream(asked).finalChatCompletion();
    for (const { choices } of [whole, streamed]) {
      const [call] = choices[0]?.message.tool_calls ?? [];
      expect(choices[0]?.finish_reason).toBe('tool_calls');
      expect(JSON.parse(call?.type === 'function' ? call.function.arguments : '')).toEqual(weatherArguments);
    }
    const shaped = await openai().chat.completions.parse({
      ...say('verdict'),
      response_format: zodResponseFormat(verdict, 'verdict'),
    });
    expect(shaped.choices[0]?.message.parsed).toEqual(verdictAbout('mock'));
    for (const encoding_format of ['base64', 'float', undefined] as const) {
      const { data } = await openai().embeddings.create({
        model: 'sim/embed',
        input: 'one',
        encoding_format,
      });
      const vector: unknown = data[0]?.embedding;
      const numbers =
        typeof vector === 'string'
          ? [...new Float32Array(Uint8Array.from(Buffer.from(vector, 'base64')).buffer)]
          : vector;
      expect(numbers).toEqual([0.5, -0.25, 3]);
    }
  });
});
