import OpenAI, { NotFoundError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from './simulator.js';
import { countTokens } from './token-counter.js';

let simulator: Simulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ baseURL: simulator.url, apiKey: 'sk-or-test', maxRetries: 0 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const user = (content: string) => [{ role: 'user' as const, content }];
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } },
      required: ['city'],
    },
  },
};

describe('chat completions, by the openai SDK', () => {
  it('repeats the user deterministically, with usage and cost', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'sim/fast', messages: user('Hello there') })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe('You said: Hello there');
    expect(data.choices[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'stop' });
    expect(data).toMatchObject({ object: 'chat.completion', model: 'sim/fast', provider: 'SimProvider A' });
    expect(data.id).toMatch(/^gen-/u);
    expect(response.headers.get('x-generation-id')).toBe(data.id);
    expect(data.usage?.completion_tokens).toBe(countTokens('You said: Hello there'));
    expect(data.usage).toMatchObject({ is_byok: false, cost: expect.any(Number), prompt_tokens_details: {} });
  });

  it('streams words with the usage at the end, and the same text as without streaming', async () => {
    const text = 'ä long line 🙂 with\n\nbreaks';
    const stream = client.chat.completions.stream({
      model: 'sim/fast',
      messages: user(text),
      stream_options: { include_usage: true },
    });
    const whole = await stream.finalChatCompletion();
    expect(whole.choices[0]?.message.content).toBe(`You said: ${text}`);
    expect(whole.usage?.total_tokens).toBe(
      (whole.usage?.prompt_tokens ?? 0) + countTokens(`You said: ${text}`),
    );
  });

  it('reasons when it is asked to, and counts it', async () => {
    const ask = { model: 'sim/fast', messages: user('Hi'), reasoning: { effort: 'low' } };
    const whole = await client.chat.completions.create(ask);
    const { message } = whole.choices[0] ?? {};
    expect(message).toMatchObject({
      content: 'You said: Hi',
      reasoning: expect.stringContaining('simulator'),
    });
    const { reasoning = '' } = (message ?? {}) as { reasoning?: string };
    expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBe(countTokens(reasoning));
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...ask, stream: true }));
    const pieces = chunks.map(
      (chunk) => (chunk.choices[0]?.delta as { reasoning?: string })?.reasoning ?? '',
    );
    expect(pieces.join('')).toBe(reasoning);
  });

  it('completes texts, whole and streamed', async () => {
    const ask = { model: 'sim/fast', prompt: 'Hello there' };
    const whole = await client.completions.create(ask);
    expect(whole).toMatchObject({ object: 'text_completion', choices: [{ text: 'You said: Hello there' }] });
    const chunks = await Array.fromAsync(await client.completions.create({ ...ask, stream: true }));
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(whole.choices[0]?.text);
    const two = await client.completions.create({ ...ask, prompt: ['a', 'b'] });
    expect(two.choices.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('quotes the recalled context and says that it is a demo', async () => {
    const block = '<recalled_context source="memory">\n[1] Oslo is cold.\n</recalled_context>';
    const reply = await client.chat.completions.create({
      model: 'demo/echo-with-context',
      messages: [...user('Hi'), ...user(block), ...user('How is Oslo?')],
    });
    const content = reply.choices[0]?.message.content ?? '';
    expect(content).toMatch(/^This is a demo model \(a simulator\) without any intelligence/u);
    expect(content).toContain(block);
    expect(content).toMatch(/Your question: How is Oslo\?$/u);
  });

  it('calls the tool it is told to, whole and in pieces, and goes on when the tool has answered', async () => {
    const ask = { model: 'sim/fast', messages: user('please call:get_weather'), tools: [weather] };
    const whole = await client.chat.completions.create(ask);
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls');
    const call = whole.choices[0]?.message.tool_calls?.[0];
    expect(call).toMatchObject({
      function: { name: 'get_weather', arguments: '{"city":"example","days":2}' },
    });

    const streamed = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'get_weather', arguments: '{"city":"example","days":2}' },
    });

    const after = await client.chat.completions.create({
      ...ask,
      messages: [
        ...ask.messages,
        { role: 'assistant', tool_calls: whole.choices[0]?.message.tool_calls ?? [] },
        { role: 'tool', tool_call_id: call?.id ?? '', content: 'sunny' },
      ],
    });
    expect(after.choices[0]?.message.content).toBe('The tool said: sunny');
  });

  it('answers in the structure asked for', async () => {
    const schema = {
      type: 'object',
      properties: { mood: { enum: ['calm', 'wild'] }, why: { type: 'string' } },
    };
    const reply = await client.chat.completions.create({
      model: 'sim/fast',
      messages: user('because'),
      response_format: { type: 'json_schema', json_schema: { name: 'mood', schema } },
    });
    expect(JSON.parse(reply.choices[0]?.message.content ?? '')).toEqual({ mood: 'calm', why: 'because' });
  });

  it('stops at max_tokens and gives n choices', async () => {
    const ask = { model: 'sim/fast', messages: user('one two three four five six'), max_tokens: 4, n: 2 };
    const reply = await client.chat.completions.create(ask);
    expect(reply.choices.map((choice) => choice.finish_reason)).toEqual(['length', 'length']);
    expect(reply.usage?.completion_tokens).toBe(8);
    const streamed = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(streamed.choices.map((choice) => choice.message.content)).toEqual(
      reply.choices.map((choice) => choice.message.content),
    );
  });

  it('refuses in OpenRouter’s shape', async () => {
    const failing = async (body: object) => {
      const response = await fetch(`${simulator.url}/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer k' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    };
    expect(await failing({ model: 'no/such', messages: user('x') })).toEqual({
      status: 400,
      body: {
        error: {
          code: 400,
          message: 'no/such is not a valid model ID',
          metadata: { error_type: 'invalid_request' },
        },
      },
    });
    expect(await failing({ model: 'sim/embed', messages: user('x') })).toMatchObject({ status: 404 });
    expect(await failing({ model: 'sim/fast', messages: [] })).toMatchObject({ status: 400 });
    expect(await failing({ model: 'sim/fast', messages: user('x'), max_tokens: -1 })).toMatchObject({
      status: 400,
    });
    const long = user('word '.repeat(2000));
    expect(await failing({ model: 'sim/small-context', messages: long })).toMatchObject({
      status: 400,
      body: { error: { metadata: { error_type: 'context_length_exceeded' } } },
    });
    expect(simulator.ledger.totals()).toMatchObject({ calls: 5, prompt_tokens: 0, cost: 0 });
  });

  it('wants a key', async () => {
    const response = await fetch(`${simulator.url}/models`);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: { code: 401, message: 'No auth credentials found' } });
  });

  it('falls back along models[]', async () => {
    simulator.faults.set({ model: 'sim/fast', error: { code: 503, error_type: 'provider_overloaded' } });
    const body = { model: 'sim/fast', models: ['sim/fast', 'sim/vendor-b/slash-model'], messages: user('x') };
    const reply = await client.chat.completions.create(body);
    expect(reply.model).toBe('sim/vendor-b/slash-model');
    const hopeless = { ...body, models: ['no/such'] };
    const all = client.chat.completions.create(hopeless);
    await expect(all).rejects.toMatchObject({
      status: 400,
      error: { metadata: { previous_errors: [{ code: 503 }] } },
    });
  });
});

describe('the ledger and /generation', () => {
  it('agree with the reply', async () => {
    const reply = await client.chat.completions.create({
      model: 'sim/fast',
      messages: user('Hi'),
      user: 'u-1',
    });
    const [call] = simulator.ledger.calls();
    expect(call).toMatchObject({
      id: reply.id,
      status: 200,
      user: 'u-1',
      prompt_tokens: reply.usage?.prompt_tokens,
      completion_tokens: reply.usage?.completion_tokens,
      sent_tokens: reply.usage?.completion_tokens,
      cancelled: false,
      body: { model: 'sim/fast' },
    });
    const { data } = await generation(reply.id);
    expect(data).toMatchObject({
      id: reply.id,
      native_tokens_completion: reply.usage?.completion_tokens,
      total_cost: call?.cost,
      cancelled: false,
      streamed: false,
    });
  });

  it('say nothing of a generation that still runs', async () => {
    simulator.faults.set({ delay_body_ms: 60_000 });
    const running = new AbortController();
    const call = client.chat.completions
      .create({ model: 'sim/fast', messages: user('Hi') }, { signal: running.signal })
      .catch(() => undefined);
    await expect.poll(() => simulator.ledger.calls()[0]?.headers_at).toMatch(/^\d{4}-.*Z$/);
    await expect(generation(simulator.ledger.calls()[0]?.id ?? '')).rejects.toBeInstanceOf(NotFoundError);
    running.abort();
    await call;
    await expect.poll(() => simulator.ledger.inFlight()).toBe(0);
    const { data } = await generation(simulator.ledger.calls()[0]?.id ?? '');
    expect(data).toMatchObject({ cancelled: true, native_tokens_completion: 4 });
  });

  it('bill a stream that its client left by what was sent', async () => {
    simulator.faults.set({ delay_chunk_ms: 20 });
    const stream = await client.chat.completions.create({
      model: 'sim/fast',
      messages: user('one two three '.repeat(40)),
      stream: true,
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content?.includes('two')) break;
    await expect.poll(() => simulator.ledger.inFlight()).toBe(0);
    const [call] = simulator.ledger.calls();
    expect(call).toMatchObject({ cancelled: true, streamed: true, finish_reason: null });
    expect(call?.sent_tokens).toBeGreaterThanOrEqual(countTokens('You said: one two'));
    expect(call?.sent_tokens).toBeLessThan(60);
    expect(call?.completion_tokens).toBe(call?.sent_tokens);
    const { data } = await generation(call?.id ?? '');
    expect(data).toMatchObject({ cancelled: true, native_tokens_completion: call?.sent_tokens });
  });
});

async function generation(id: string): Promise<{ data: unknown }> {
  return client.get('/generation', { query: { id } });
}
