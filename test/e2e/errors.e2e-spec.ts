import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { admin, fault, http, newTenant, type Tenant } from './tenant.js';

const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'hi' }];

/** The error that a promise fails with; a promise that does not fail fails the test. */
const failure = async (promise: Promise<unknown>): Promise<APIError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
};

describe('error classes of the openai SDK', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant();
  });
  const ask = (client: OpenAI, extra: object = {}) =>
    client.chat.completions.create({ model: 'sim/fast', messages: hello, ...extra });

  it('401 for a missing, malformed or unknown key', async () => {
    const url = `${inject('gatewayUrl')}/v1`;
    for (const apiKey of ['nonsense', `ctx_${'0'.repeat(16)}_${'0'.repeat(64)}`]) {
      const error = await failure(ask(new OpenAI({ baseURL: url, apiKey, maxRetries: 0 })));
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error.code).toBe('invalid_api_key');
      expect(error.requestID).toBeTruthy();
    }
    const bare = await http('GET', `${url}/models`);
    expect([bare.status, bare.body.error.code]).toEqual([401, 'missing_api_key']);
  });

  it('401 within a second of the revocation, on every gateway', async () => {
    const doomed = await newTenant();
    const second = new OpenAI({
      baseURL: `${inject('secondGatewayUrl')}/v1`,
      apiKey: doomed.key,
      maxRetries: 0,
    });
    await Promise.all([ask(doomed.openai), ask(second)]);
    expect((await admin('DELETE', `/admin/api-keys/${doomed.keyId}`)).status).toBe(200);
    const revokedAt = Date.now();
    for (const client of [doomed.openai, second]) {
      for (;;) {
        const error = await ask(client).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error instanceof AuthenticationError) break;
        expect(Date.now() - revokedAt).toBeLessThan(1_000);
      }
    }
  });

  it('403 for a scope or a model the key has not', async () => {
    const narrow = await newTenant({ key: { scopes: ['chat'], allowed_models: ['sim/fast'] } });
    expect(await failure(narrow.openai.embeddings.create({ model: 'sim/embed', input: 'x' }))).toBeInstanceOf(
      PermissionDeniedError,
    );
    const error = await failure(ask(narrow.openai, { model: 'demo/echo-with-context' }));
    expect([error.status, error.code]).toEqual([403, 'model_not_allowed']);
  });

  it('403 for memory through the chat door without its scopes, and for models by other routes', async () => {
    const chatOnly = await newTenant({ key: { scopes: ['chat'], allowed_models: ['sim/fast'] } });
    for (const context of [{ recall: true }, { recall: false, save: true }]) {
      const error = await failure(ask(chatOnly.openai, { context }));
      expect([error.status, error.code]).toEqual([403, 'insufficient_scope']);
    }
    for (const extra of [{ preset: 'x' }, { plugins: [{ id: 'fusion' }] }, { Model: 'other/model' }]) {
      expect((await failure(ask(chatOnly.openai, extra))).code).toBe('model_not_allowed');
    }
    expect((await ask(chatOnly.openai)).choices).toHaveLength(1);
  });

  it('400 for what the gateway or the upstream cannot take, naming the field', async () => {
    const error = await failure(ask(tenant.openai, { messages: [{ role: 'user', content: 7 }] }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe('messages[0].content');
    expect(await failure(ask(tenant.openai, { model: 'no/such-model' }))).toBeInstanceOf(BadRequestError);
  });

  it('404 for what is not there', async () => {
    expect(await failure(tenant.openai.models.retrieve('no/such-model'))).toBeInstanceOf(NotFoundError);
    const answer = await tenant.call('GET', '/v1/nothing-here');
    expect([answer.status, answer.body.error.code]).toEqual([404, 'unknown_url']);
  });

  it('429 with Retry-After over the rate, and without a retry over the quota', async () => {
    const limited = await newTenant({ key: { rate_limit_requests: 2, rate_limit_window: 60 } });
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await limited.call('GET', '/v1/models'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answers[2]?.headers.get('x-ratelimit-remaining-requests')).toBe('0');

    const poor = await newTenant({ workspace: { daily_token_quota: 10 } });
    const error = await failure(ask(poor.openai, { max_tokens: 1000 }));
    expect(error).toBeInstanceOf(RateLimitError);
    expect([error.code, error.headers?.get('x-should-retry')]).toEqual(['insufficient_quota', 'false']);
  });

  it('5xx of the upstream become ours, and never a stack', async () => {
    const user = `broken-${tenant.keyId}`;
    await fault({
      user,
      error: { code: 503, message: 'overloaded', error_type: 'provider_overloaded' },
    });
    const error = await failure(ask(tenant.openai, { user }));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(JSON.stringify(error.error)).not.toMatch(/at .+\.(js|ts):\d+/);
  });

  it('an upstream that refuses our key is our fault: 503 for the tenant', async () => {
    const user = `key-${tenant.keyId}`;
    await fault({ user, times: 1, error: { code: 401, message: 'No auth credentials found' } });
    const error = await failure(ask(tenant.openai, { user }));
    expect(error.status).toBe(503);
  });

  it('a stream that is cut upstream ends in an error event, never in silence', async () => {
    const user = `cut-${tenant.keyId}`;
    await fault({ user, times: 1, cut: 'mid_stream', after_chunks: 3 });
    const stream = await tenant.openai.chat.completions.create({
      model: 'sim/fast',
      stream: true,
      user,
      messages: [{ role: 'user', content: 'many words to be cut off' }],
    });
    const seen: string[] = [];
    const error = await failure(
      (async () => {
        for await (const chunk of stream) seen.push(chunk.choices[0]?.delta.content ?? '');
      })(),
    );
    expect(seen.length).toBeGreaterThan(0);
    expect(error.message).toBeTruthy();
  });
});
