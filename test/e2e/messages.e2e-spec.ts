import Anthropic, {
  APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
} from '@anthropic-ai/sdk';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { failureOf, fault, newTenant, type Tenant, tokensInLedger, until, upstreamCalls } from './tenant.js';

const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

const clientOf = ({ key }: Pick<Tenant, 'key'>) =>
  new Anthropic({ baseURL: inject('gatewayUrl'), apiKey: key, maxRetries: 0 });

const say = (content: string): Anthropic.MessageParam[] => [{ role: 'user', content }];

describe('messages with the anthropic SDK', () => {
  let tenant: Tenant;
  let client: Anthropic;
  const ask = (content: string, more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) =>
    client.messages.create({ model: 'sim/fast', max_tokens: 100, messages: say(content), ...more });

  beforeAll(async () => {
    tenant = await newTenant();
    client = clientOf(tenant);
  });

  it('answers with a message, a receipt and the limits, and is one call in the ledger', async () => {
    const fresh = await newTenant();
    const { data, response, request_id } = await clientOf(fresh)
      .messages.create({
        model: 'sim/fast',
        max_tokens: 50,
        system: 'Be brief.',
        messages: say('hello there'),
      })
      .withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      type: 'message',
      role: 'assistant',
      model: 'sim/fast',
      content: [{ type: 'text', text: 'You said: hello there' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
    });
    expect(request_id).toBe(response.headers.get('x-request-id'));
    expect(response.headers.get('x-context-receipt')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('x-ratelimit-remaining-requests')).toMatch(/^\d+$/);
    expect(data.usage.input_tokens).toBeGreaterThan(0);
    expect(await tokensInLedger(fresh)).toBe(data.usage.input_tokens + data.usage.output_tokens);
  });

  it('streams events that the SDK’s helper puts together to a message', async () => {
    const stream = client.messages.stream({
      model: 'sim/fast',
      max_tokens: 100,
      messages: say('one two three'),
    });
    const types: string[] = [];
    let text = '';
    stream.on('streamEvent', ({ type }) => types.push(type));
    stream.on('text', (delta) => (text += delta));
    const final = await stream.finalMessage();
    expect(text).toBe('You said: one two three');
    expect(final).toMatchObject({ content: [{ type: 'text', text }], stop_reason: 'end_turn' });
    expect(final.usage.output_tokens).toBeGreaterThan(0);
    expect(final.usage.input_tokens).toBeGreaterThan(0);
    expect([...new Set(types)]).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it.each([false, true])('runs a tool: the call, its result, the answer (streamed: %s)', async (streamed) => {
    const messages = say('call:get_weather please');
    const body = { model: 'sim/fast', max_tokens: 100, tools: [weather], messages };
    const first = streamed
      ? await client.messages.stream(body).finalMessage()
      : await client.messages.create(body);
    expect(first.stop_reason).toBe('tool_use');
    const [use] = first.content;
    if (use?.type !== 'tool_use') throw new Error('no tool use');
    expect(use).toMatchObject({ name: 'get_weather', input: { city: 'example' } });
    const second = await client.messages.create({
      ...body,
      messages: [
        ...messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'rain' }] },
      ],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: 'The tool said: rain' }]);
  });

  it('thinks before it answers, and takes the thought back with the next turn as its vendor gave it', async () => {
    const user = `messages-thinker-${tenant.keyId}`;
    const body: Anthropic.MessageCreateParamsNonStreaming = {
      model: 'sim/fast',
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      metadata: { user_id: user },
      messages: say('hello'),
    };
    const { content, usage } = await client.messages.stream(body).finalMessage();
    expect(content).toMatchObject([
      { type: 'thinking', thinking: expect.stringContaining('I repeat') },
      { type: 'text', text: 'You said: hello' },
    ]);
    expect(usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
    expect((await client.messages.create(body)).content).toEqual(content);
    await client.messages.create({
      ...body,
      messages: [...body.messages, { role: 'assistant', content }, ...say('and again')],
    });
    const calls = await upstreamCalls(user);
    expect(calls[0].body.reasoning).toEqual({ max_tokens: 1024 });
    const [thought] = content;
    expect(calls.at(-1).body.messages[1]).toMatchObject({
      role: 'assistant',
      content: 'You said: hello',
      reasoning_details: [
        {
          type: 'reasoning.text',
          text: thought?.type === 'thinking' ? thought.thinking : '',
          format: 'unknown',
          index: 0,
        },
      ],
    });
  });

  it('stops at max_tokens, and keeps to a JSON schema', async () => {
    const cut = await ask('a text of more than three tokens', { max_tokens: 3 });
    expect(cut.stop_reason).toBe('max_tokens');
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const shaped = await ask('shape me', { output_config: { format: { type: 'json_schema', schema } } });
    expect(shaped.content).toMatchObject([{ type: 'text', text: '{"city":"shape me"}' }]);
  });

  it('puts recalled context into the prompt, just before the last user message', async () => {
    const own = await newTenant();
    await own.call('POST', '/v1/context/items?wait=true', { content: 'Deploys go out on Tuesdays.' });
    const user = `messages-${own.keyId}`;
    const { data, response } = await clientOf(own)
      .messages.create(
        {
          model: 'demo/echo-with-context',
          max_tokens: 500,
          system: 'Be brief.',
          metadata: { user_id: user },
          messages: say('When do deploys go out?'),
        },
        { headers: { 'x-context-recall': 'true' } },
      )
      .withResponse();
    expect(JSON.stringify(data.content)).toContain('Deploys go out on Tuesdays.');
    expect(Number(response.headers.get('x-context-items'))).toBe(1);
    const [call] = await upstreamCalls(user);
    const contents = call.body.messages.map(({ content }: { content: string }) => content);
    expect(contents[0]).toBe('Be brief.');
    expect(contents[1]).toContain('<recalled_context');
    expect(contents[2]).toBe('When do deploys go out?');
  });

  it('throws the SDK’s classes, in Anthropic’s words', async () => {
    const wrong = clientOf({ key: 'nonsense' });
    const unauthorised = await failureOf(
      wrong.messages.create({ model: 'm', max_tokens: 1, messages: say('x') }),
    );
    expect(unauthorised).toBeInstanceOf(AuthenticationError);
    expect(unauthorised).toMatchObject({
      type: 'authentication_error',
      errorCode: 'invalid_api_key',
      requestID: expect.any(String),
    });

    const bad = await failureOf(ask('x', { messages: [{ role: 'user', content: 7 as never }] }));
    expect(bad).toBeInstanceOf(BadRequestError);
    expect(bad).toMatchObject({
      type: 'invalid_request_error',
      error: {
        type: 'error',
        error: {
          message: expect.stringContaining('messages[0].content'),
          details: { param: 'messages[0].content' },
        },
        request_id: expect.any(String),
      },
    });

    const tools: Anthropic.ToolUnion[] = [{ type: 'web_search_20250305', name: 'web_search' }];
    expect(await failureOf(ask('x', { tools }))).toMatchObject({ errorCode: 'not_translatable' });

    const narrow = clientOf(await newTenant({ key: { scopes: ['chat'], allowed_models: ['sim/fast'] } }));
    const forbidden = narrow.messages.create({ model: 'other/model', max_tokens: 1, messages: say('x') });
    expect(await failureOf(forbidden)).toBeInstanceOf(PermissionDeniedError);

    expect(await failureOf(client.messages.batches.retrieve('msgbatch_1'))).toBeInstanceOf(NotFoundError);

    const user = `messages-key-${tenant.keyId}`;
    await fault({ user, times: 1, error: { code: 401, message: 'No auth credentials found' } });
    expect(await failureOf(ask('x', { metadata: { user_id: user } }))).toBeInstanceOf(
      ServiceUnavailableError,
    );
  });

  it('says in Anthropic’s words what goes wrong before there is a route', async () => {
    const path = '/v1/messages';
    const headers = { 'content-type': 'text/plain' };
    const notJson = await tenant.call('POST', path, 'x', headers);
    expect([notJson.status, notJson.body.type, notJson.body.error.type]).toEqual([
      415,
      'error',
      'invalid_request_error',
    ]);
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    const nul = '{"model":"sim/fast","messages":[{"role":"user","content":"\\u0000"}]}';
    for (const body of ['', '[]', '{"model":', `{"model":"sim/fast","messages":${deep}}`, nul]) {
      const bad = await tenant.call('POST', `/api${path}?beta=true`, body);
      expect([bad.status, bad.body.type]).toEqual([400, 'error']);
    }
    const large = await tenant.call('POST', path, { model: 'm', messages: say('x'.repeat(10_500_000)) });
    expect([large.status, large.body.error.type]).toEqual([413, 'request_too_large']);
    const get = await tenant.call('GET', path);
    expect([get.status, get.body.error.type]).toEqual([404, 'not_found_error']);
  });

  it('says 429 with Retry-After over the rate, and without a retry over the quota', async () => {
    const limited = clientOf(await newTenant({ key: { rate_limit_requests: 1, rate_limit_window: 60 } }));
    const body = { model: 'sim/fast', max_tokens: 10, messages: say('x') };
    await limited.messages.create(body);
    const tooFast = await failureOf(limited.messages.create(body));
    expect(tooFast).toBeInstanceOf(RateLimitError);
    expect(tooFast).toMatchObject({ type: 'rate_limit_error', errorCode: 'rate_limit_exceeded' });
    expect(Number((tooFast as APIError).headers?.get('retry-after'))).toBeGreaterThan(0);

    const poor = clientOf(await newTenant({ workspace: { daily_token_quota: 10 } }));
    const spent = await failureOf(poor.messages.create({ ...body, max_tokens: 1000 }));
    expect(spent).toMatchObject({ type: 'rate_limit_error', errorCode: 'insufficient_quota' });
    expect((spent as APIError).headers?.get('x-should-retry')).toBe('false');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['is cut upstream', { cut: 'mid_stream' }, 'api_error'],
    [
      'the upstream fails itself',
      { error_in_stream: { code: 429, message: 'slow down', error_type: 'rate_limit_exceeded' } },
      'rate_limit_error',
    ],
  ])('ends a stream that %s with Anthropic’s error event', async (what, how, type) => {
    const user = `messages ${what} ${tenant.keyId}`;
    await fault({ user, times: 1, after_chunks: 3, ...how });
    const stream = client.messages.stream({
      model: 'sim/fast',
      max_tokens: 100,
      metadata: { user_id: user },
      messages: say('many words to be cut off'),
    });
    const seen: string[] = [];
    stream.on('text', (text) => seen.push(text));
    const error = await failureOf(stream.finalMessage());
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ type });
    expect(seen.length).toBeGreaterThan(0);
  });

  it('aborts the upstream when the client leaves', async () => {
    const user = `messages-leaver-${tenant.keyId}`;
    await fault({ user, delay_chunk_ms: 200, times: 1 });
    const stream = client.messages.stream({
      model: 'sim/fast',
      max_tokens: 100,
      metadata: { user_id: user },
      messages: say('a rather long text of many words that is streamed slowly back to me'),
    });
    stream.once('text', () => stream.abort());
    await expect(stream.finalMessage()).rejects.toThrow('aborted');
    const [call] = await until(
      'the upstream to be cancelled',
      () => upstreamCalls(user),
      ([seen]) => seen?.cancelled === true,
    );
    expect(Date.parse(call.cancelled_at) - Date.parse(call.first_byte_at)).toBeLessThan(2_000);
  });
});
