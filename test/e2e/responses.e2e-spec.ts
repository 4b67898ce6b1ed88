import OpenAI, { APIError, BadRequestError, RateLimitError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureOf, fault, newTenant, type Tenant, tokensInLedger, until, upstreamCalls } from './tenant.js';

const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
};

describe('responses with the openai SDK', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant();
  });

  it('answers with a response, a receipt and the limits, and is one call in the ledger', async () => {
    const fresh = await newTenant();
    const { data, response } = await fresh.openai.responses
      .create({ model: 'sim/fast', instructions: 'Be brief.', input: 'hello there', max_output_tokens: 50 })
      .withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
      object: 'response',
      status: 'completed',
      model: 'sim/fast',
      output_text: 'You said: hello there',
      instructions: 'Be brief.',
      max_output_tokens: 50,
      store: false,
      output: [{ type: 'message', role: 'assistant', status: 'completed' }],
    });
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.headers.get('x-context-receipt')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('x-ratelimit-remaining-requests')).toMatch(/^\d+$/);
    expect(response.headers.get('x-quota-remaining-tokens')).toMatch(/^\d+$/);
    expect(data.usage?.input_tokens).toBeGreaterThan(0);
    expect(await tokensInLedger(fresh)).toBe(data.usage?.total_tokens);
  });

  it('streams events that the SDK’s helper puts together to the same response', async () => {
    const stream = tenant.openai.responses.stream({ model: 'sim/fast', input: 'one two three' });
    const types: string[] = [];
    const numbers: number[] = [];
    let text = '';
    for await (const event of stream) {
      types.push(event.type);
      numbers.push(event.sequence_number);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    const final = await stream.finalResponse();
    expect(text).toBe('You said: one two three');
    expect(final.output_text).toBe(text);
    expect(final).toMatchObject({ status: 'completed', usage: { output_tokens: expect.any(Number) } });
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect([...new Set(types)]).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });

  it('runs a tool: the call, its output, the answer', async () => {
    const first = await tenant.openai.responses.create({
      model: 'sim/fast',
      input: 'call:get_weather please',
      tools: [weather],
    });
    const [call] = first.output;
    expect(call).toMatchObject({ type: 'function_call', name: 'get_weather', status: 'completed' });
    if (call?.type !== 'function_call') throw new Error('no call');
    expect(JSON.parse(call.arguments)).toEqual({ city: 'example' });
    const second = await tenant.openai.responses.create({
      model: 'sim/fast',
      tools: [weather],
      input: [
        { role: 'user', content: 'call:get_weather please' },
        call,
        { type: 'function_call_output', call_id: call.call_id, output: 'rain' },
      ],
    });
    expect(second.output_text).toBe('The tool said: rain');
  });

  it('streams a tool’s arguments, and keeps to a JSON schema', async () => {
    const stream = tenant.openai.responses.stream({
      model: 'sim/fast',
      input: 'call:get_weather',
      tools: [weather],
    });
    let given = '';
    stream.on('response.function_call_arguments.delta', (event) => (given += event.delta));
    const { output } = await stream.finalResponse();
    expect(JSON.parse(given)).toEqual({ city: 'example' });
    expect(output).toMatchObject([{ type: 'function_call', arguments: given }]);

    const shaped = await tenant.openai.responses.parse({
      model: 'sim/fast',
      input: 'shape me',
      text: { format: { type: 'json_schema', name: 'weather', schema: weather.parameters ?? {} } },
    });
    expect(shaped.output_parsed).toEqual({ city: 'shape me' });
  });

  it('gives the model’s reasoning as an item, and takes it back with the next turn', async () => {
    const user = `responses-thinker-${tenant.keyId}`;
    const body = {
      model: 'sim/fast',
      user,
      reasoning: { effort: 'low' as const },
      include: ['reasoning.encrypted_content' as const],
    };
    const stream = tenant.openai.responses.stream({ ...body, input: 'hello' });
    let thought = '';
    stream.on('response.reasoning_text.delta', (event) => (thought += event.delta));
    const { output, output_text, usage } = await stream.finalResponse();
    expect(thought).toContain('I repeat');
    expect(output_text).toBe('You said: hello');
    expect(usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    const [reasoning] = output;
    if (reasoning?.type !== 'reasoning') throw new Error('no reasoning');
    expect(reasoning.content).toEqual([{ type: 'reasoning_text', text: thought }]);
    await tenant.openai.responses.create({
      ...body,
      input: [
        { role: 'user', content: 'hello' },
        reasoning,
        { role: 'assistant', content: output_text },
        { role: 'user', content: 'and again' },
      ],
    });
    const calls = await upstreamCalls(user);
    expect(calls[0].body.reasoning).toEqual({ effort: 'low' });
    expect(calls.at(-1).body.messages[1]).toMatchObject({
      content: 'You said: hello',
      reasoning_details: [{ type: 'reasoning.text', text: thought, index: 0 }],
    });
  });

  it('is incomplete at the limit of tokens', async () => {
    const cut = await tenant.openai.responses.create({
      model: 'sim/fast',
      input: 'a text of more than three tokens',
      max_output_tokens: 3,
    });
    expect(cut).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
    });
  });

  it('puts recalled context into the prompt, and remembers the turn', async () => {
    const own = await newTenant();
    await own.call('POST', '/v1/context/items?wait=true', { content: 'Deploys go out on Tuesdays.' });
    const session = `responses-${own.keyId}`;
    const { data, response } = await own.openai.responses
      .create(
        { model: 'demo/echo-with-context', input: 'When do deploys go out?' },
        { headers: { 'x-context-recall': 'true', 'x-context-session': session, 'x-context-save': 'true' } },
      )
      .withResponse();
    expect(data.output_text).toContain('Deploys go out on Tuesdays.');
    expect(Number(response.headers.get('x-context-items'))).toBe(1);
    const saved = await until(
      'the saved turn',
      () => own.call('GET', `/v1/context/items?session=${session}`),
      (answer) => answer.body.data?.length === 2,
    );
    expect(JSON.stringify(saved.body.data)).toContain('When do deploys go out?');
  });

  it('refuses what it cannot translate, naming the field, and says 429 as chat does', async () => {
    const create = (body: object) =>
      tenant.openai.responses.create({ model: 'sim/fast', input: 'hi', ...body });
    for (const [body, param] of [
      [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
      [{ background: true }, 'background'],
      [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ] as const) {
      const error = await failureOf(create(body));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ param, code: 'not_translatable' });
    }
    const poor = await newTenant({ workspace: { daily_token_quota: 10 } });
    const error = await failureOf(
      poor.openai.responses.create({ model: 'sim/fast', input: 'hi', max_output_tokens: 1000 }),
    );
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ code: 'insufficient_quota' });
  });

  it('ends a stream that is cut upstream with an error that the SDK throws', async () => {
    const user = `responses-cut-${tenant.keyId}`;
    await fault({ user, times: 2, cut: 'mid_stream', after_chunks: 3 });
    const input = 'many words to be cut off';
    const stream = await tenant.openai.responses.create({ model: 'sim/fast', input, user, stream: true });
    const seen: string[] = [];
    const error = await failureOf(
      (async () => {
        for await (const event of stream) seen.push(event.type);
      })(),
    );
    expect(error).toBeInstanceOf(APIError);
    expect(seen).toContain('response.output_text.delta');
    const raw = await tenant.call('POST', '/v1/responses', { model: 'sim/fast', input, user, stream: true });
    const names = [...raw.body.text.matchAll(/^event: (.+)$/gm)].map(([, name]) => name);
    expect(names.slice(-2)).toEqual(['error', 'response.failed']);
  });

  it('aborts the upstream when the client leaves', async () => {
    const user = `responses-leaver-${tenant.keyId}`;
    await fault({ user, delay_chunk_ms: 200, times: 1 });
    const stream = await tenant.openai.responses.create({
      model: 'sim/fast',
      input: 'a rather long text of many words that is streamed slowly back to me',
      user,
      stream: true,
    });
    for await (const event of stream) if (event.type === 'response.output_text.delta') break;
    const [call] = await until(
      'the upstream to be cancelled',
      () => upstreamCalls(user),
      ([seen]) => seen?.cancelled === true,
    );
    expect(Date.parse(call.cancelled_at) - Date.parse(call.first_byte_at)).toBeLessThan(2_000);
  });
});
