import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningStores, startStores } from '../running-stores.js';
import { type Product, startProduct } from './product.js';
import { type Answer, http, type Json, newTenant, type Tenant, until } from './tenant.js';

const fast = 'sim/fast';
const small = 'sim/small-context';
const other = 'demo/echo-with-context';
const fragile = 'sim/vendor-b/slash-model';

/** Retries, fallbacks and breakers, on built processes. */
describe('an upstream that fails', () => {
  let stores: RunningStores;
  let product: Product;
  let tenant: Tenant;
  let second: Tenant;
  let user: string;
  let counter = 0;

  beforeAll(async () => {
    stores = await startStores();
    product = await startProduct({
      ...stores,
      gateways: 2,
      env: {
        OPENROUTER_RETRY_MAX_WAIT_MS: '2000',
        OPENROUTER_BREAKER_MIN_CALLS: '12',
        OPENROUTER_BREAKER_OPEN_MS: '3000',
        ...(stores.kind === 'real' ? {} : { DATABASE_POOL_SIZE: '2' }),
      },
    });
    tenant = await newTenant({ gatewayUrl: gatewayUrl(0) });
    second = await newTenant({ gatewayUrl: gatewayUrl(1) });
  });
  beforeEach(() => {
    user = `resilience-${(counter += 1)}`;
  });
  afterAll(async () => {
    await product?.stop();
    await stores?.stop();
  });

  const gatewayUrl = (i: number) => product.gateways[i]?.url ?? '';
  const control = (method: string, path: string, body?: object) =>
    http(method, `${product.simulator.url}/__control/${path}`, body);
  const fault = async (wrong: object) => {
    expect((await control('POST', 'faults?add', { user, ...wrong })).status).toBe(200);
  };
  const upstreamCalls = async (): Promise<Json[]> => (await control('GET', `calls?user=${user}`)).body.calls;
  const chat = (extra: object = {}, who = tenant) =>
    who.call('POST', '/v1/chat/completions', {
      model: fast,
      user,
      messages: [{ role: 'user', content: 'hello there' }],
      ...extra,
    });
  const attemptsOf = ({ headers }: Answer) => headers.get('x-upstream-attempts');
  const receiptOf = async ({ headers }: Answer, who = tenant) =>
    (
      await until(
        'the receipt with the ledger’s word',
        () => who.call('GET', `/v1/context/receipts/${headers.get('x-context-receipt')}`),
        ({ body }) => body.outcome != null,
      )
    ).body;
  const health = async (i: number) => (await http('GET', `${gatewayUrl(i)}/health`)).body.details.breakers;
  /** The lines of an event in the first gateway's log; they come a moment later than what they tell of. */
  const logOf = (event: string): Promise<Json[]> =>
    until(
      `${event} in the log`,
      async () => {
        const text = await readFile(join(product.logDirectory, 'gateway-1.log'), 'utf8');
        const whole = text.slice(0, text.lastIndexOf('\n')).split('\n');
        return whole.filter((line) => line.includes(`"${event}"`)).map((line) => JSON.parse(line));
      },
      (lines) => lines.length > 0,
    );

  it('is asked again; the answer and the receipt tell of each attempt', async () => {
    await fault({ times: 1, error: { code: 502, message: 'Bad gateway' } });
    const answer = await chat();
    expect([answer.status, attemptsOf(answer)]).toEqual([200, '2']);
    const { attempts, outcome } = await receiptOf(answer);
    expect(attempts).toEqual([
      expect.objectContaining({ model: fast, outcome: 'failed', kind: 'server', status_code: 502 }),
      expect.objectContaining({ model: fast, outcome: 'answered', kind: null, status_code: 200 }),
    ]);
    const [, served] = await upstreamCalls();
    expect(outcome).toMatchObject({
      generation_id: served.id,
      prompt_tokens: served.prompt_tokens,
      completion_tokens: served.completion_tokens,
    });
  });

  it('is asked again for embeddings, too, which are charged once', async () => {
    await fault({ endpoint: 'embeddings', times: 1, error: { code: 503, message: 'Busy' } });
    const embed = () => tenant.call('POST', '/v1/embeddings', { model: 'sim/embed', user, input: 'one two' });
    const answer = await embed();
    expect([answer.status, attemptsOf(answer)]).toEqual([200, '2']);
    expect((await upstreamCalls()).map(({ status }) => status)).toEqual([503, 200]);
    await fault({ endpoint: 'embeddings', error: { code: 429, message: 'Slow down', retry_after: 60 } });
    const refused = await embed();
    expect([refused.status, refused.headers.get('retry-after'), attemptsOf(refused)]).toEqual([
      429,
      '60',
      '1',
    ]);
    const { body } = await until(
      'both in the ledger',
      () => tenant.call('GET', '/v1/usage?group_by=model,status'),
      ({ body: usage }) => usage.data.filter(({ model }: Json) => model === 'sim/embed').length === 2,
    );
    const charged = body.data.filter(({ model }: Json) => model === 'sim/embed');
    expect(charged.map(({ requests }: Json) => requests)).toEqual([1, 1]);
    expect(charged.find(({ status }: Json) => status === 'failed')).toMatchObject({ tokens_used: 0 });
  });

  it('is waited for as long as its Retry-After says', async () => {
    await fault({ times: 1, error: { code: 429, message: 'Slow down', retry_after: 1 } });
    const answer = await chat({ stream: true });
    expect([answer.status, attemptsOf(answer)]).toEqual([200, '2']);
    const [refused, served] = await upstreamCalls();
    expect(Date.parse(served.started_at) - Date.parse(refused.ended_at)).toBeGreaterThanOrEqual(990);
  });

  it.each<[string, object, string]>([
    ['overload', { error: { code: 503, error_type: 'provider_overloaded' } }, small],
    ['an empty completion', { empty_completion: 'blank' }, small],
    ['content policy, with another vendor', { error: { code: 403, metadata: { reasons: ['x'] } } }, other],
    [
      'context length, with a larger model',
      { error: { code: 400, error_type: 'context_length_exceeded' } },
      other,
    ],
  ])('gives way to the next of `models` for %s', async (name, wrong, served) => {
    const [model, models] = name.startsWith('context')
      ? [small, [small, other]]
      : [fast, [fast, small, other]];
    await fault({ ...wrong, model });
    for (const stream of [false, true]) {
      const answer = await chat({ model, models, stream });
      expect([answer.status, attemptsOf(answer)]).toEqual([200, '2']);
      const receipt = await receiptOf(answer);
      // The model named in the reply is what the ledger has, not the one that was asked for.
      expect([receipt.model, receipt.outcome.model]).toEqual([model, served]);
    }
    // OpenRouter is told of one model at a time, or both of us would walk the list.
    for (const { body } of await upstreamCalls()) expect(body).not.toHaveProperty('models');
  });

  it('falls back to nothing the key may not use', async () => {
    const narrow = await newTenant({ gatewayUrl: gatewayUrl(0), key: { allowed_models: [fast] } });
    const answer = await chat({ models: [fast, other] }, narrow);
    expect([answer.status, answer.body.error.code, attemptsOf(answer)]).toEqual([
      403,
      'model_not_allowed',
      '0',
    ]);
  });

  it('says how many attempts a failure took', async () => {
    await fault({ error: { code: 500, message: 'Broken' }, times: 3 });
    const answer = await chat({ model: other });
    expect([answer.status, attemptsOf(answer)]).toEqual([502, '3']);
  });

  it('opens the breaker of a failing model on every gateway, and closes it by a probe', async () => {
    await fault({ model: fragile, error: { code: 500, message: 'Broken' } });
    const opened = await until(
      'the breaker to open',
      () => chat({ model: fragile }),
      ({ status }) => status === 503,
    );
    expect(opened.body.error).toMatchObject({ code: 'upstream_unavailable', type: 'server_error' });
    expect(Number(opened.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(attemptsOf(opened)).toBe('0');
    const there = await until(
      'the other gateway to know',
      () => health(1),
      ({ status }) => status === 'degraded',
    );
    expect(there.open).toMatchObject([{ scope: `model:${fragile}` }]);
    const asked = (await upstreamCalls()).length;
    expect((await chat({ model: fragile }, second)).status).toBe(503);
    expect(await upstreamCalls()).toHaveLength(asked);
    const { body } = await http('GET', `${gatewayUrl(1)}/metrics`);
    expect(body.text).toMatch(/cmg_openrouter_breaker_state\{scope="model",state="open"\} 1/);
    // Not the model's fault alone: with a route that is well the call is answered.
    expect((await chat({ model: fragile, models: [fragile, fast] }, second)).status).toBe(200);

    await control('DELETE', 'faults');
    await until(
      'a probe to be let in',
      () => chat({ model: fragile }),
      ({ status }) => status === 200,
    );
    await until(
      'both gateways to know',
      () => Promise.all([health(0), health(1)]),
      (both) => both.every(({ status }) => status === 'up'),
    );
    const events = await Promise.all(['breaker_opened', 'breaker_half_open', 'breaker_closed'].map(logOf));
    for (const lines of events) expect(lines.at(-1)).toMatchObject({ scope: 'model', model: fragile });
  });

  it('that refuses our key: 503 for the tenant, one attempt, an alarm, and then nobody asks it', async () => {
    await fault({ error: { code: 401, message: 'User not found.' } });
    const first = await chat({ models: [fast, other] });
    expect([first.status, attemptsOf(first)]).toEqual([503, '1']);
    expect(JSON.stringify(first.body)).not.toContain('User not found');
    expect(await logOf('openrouter_key_refused')).toMatchObject([{ level: 'error', status_code: 401 }]);
    const { body } = await http('GET', `${gatewayUrl(0)}/metrics`);
    expect(body.text).toMatch(/cmg_openrouter_key_refused_total 1/);

    const refused = await until(
      'the upstream to be given a rest',
      () => chat(),
      (answer) => attemptsOf(answer) === '0',
      60_000,
    );
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await health(0)).open).toMatchObject([{ scope: 'upstream', cause: 'refused_key' }]);
    // It is the whole upstream's: other models, other users, other gateways.
    await until(
      'the other gateway to know',
      () => health(1),
      ({ status }) => status === 'degraded',
    );
    const elsewhere = await chat({ model: other, user: 'somebody-else' }, second);
    expect([elsewhere.status, attemptsOf(elsewhere)]).toEqual([503, '0']);
    await control('DELETE', 'faults');
    await until(
      'the key to be taken again',
      () => chat(),
      ({ status }) => status === 200,
    );
  });
});
