import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realServersAvailable, startRealPostgres, startRealRedis } from '#embedded';
import { postNamed } from './named-call.js';
import { type Product, startProduct } from './product.js';
import { http, type Json, newTenant, type Tenant, until } from './tenant.js';

const servers = realServersAvailable();
if (!servers) console.warn('The failure specs need installed servers (scripts/install-servers.sh): skipped');

describe.skipIf(!servers)('an Idempotency-Key, when a part fails', () => {
  let postgres: Awaited<ReturnType<typeof startRealPostgres>>;
  let redis: Awaited<ReturnType<typeof startRealRedis>>;
  let product: Product;
  let tenant: Tenant;
  let urls: string[];

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startRealPostgres(), startRealRedis()]);
    product = await startProduct({ databaseUrl: postgres.url, redisUrl: redis.url, gateways: 2 });
    urls = product.gateways.map(({ url }) => url);
    tenant = await newTenant({ gatewayUrl: urls[0] ?? '' });
  });
  afterAll(async () => {
    redis?.thaw();
    await product?.stop();
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  /** A call by its name, which is its mark at the simulator, too. */
  const ask = (gateway: number, name: string, stream: boolean) => {
    const messages = [{ role: 'user', content: 'one two three four five six seven eight nine ten' }];
    return postNamed(`${urls[gateway]}/v1/chat/completions`, {
      apiKey: tenant.key,
      idempotencyKey: name,
      body: { model: 'sim/fast', stream, user: name, messages },
    });
  };
  const strike = (fault: object) =>
    http('POST', `${product.simulator.url}/__control/faults?add`, { times: 1, ...fault });
  const upstream = async (name: string): Promise<Json[]> =>
    (await http('GET', `${product.simulator.url}/__control/calls?user=${name}`)).body.calls;
  const speaking = (name: string) =>
    until(
      'the stream upstream',
      () => upstream(name),
      ([call]) => call?.chunks_sent >= 3,
    );

  it('Redis frozen: the call goes on without it and says so', async () => {
    redis.freeze();
    const answer = await ask(0, 'frozen', false);
    redis.thaw();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-idempotency')).toBe('unavailable');
    expect(answer.headers.has('idempotent-replayed')).toBe(false);
  });

  it('Redis frozen for a while in mid-stream: the answer is kept all the same', async () => {
    await strike({ user: 'pause', delay_chunk_ms: 200 });
    const made = ask(0, 'pause', true);
    await speaking('pause');
    redis.freeze();
    await until(
      'more of the stream',
      () => upstream('pause'),
      ([call]) => call?.chunks_sent >= 7,
    );
    redis.thaw();
    const { text, headers } = await made;
    expect(headers.has('x-idempotency')).toBe(false);
    const repeat = await ask(1, 'pause', true);
    expect(repeat.headers.get('idempotent-replayed')).toBe('true');
    expect(repeat.text).toBe(text);
    expect(await upstream('pause')).toHaveLength(1);
  });

  it('gateway killed in mid-call: those who waited make the call, those who listened are told', async () => {
    await strike({ user: 'killed-json', delay_headers_ms: 60_000 });
    await strike({ user: 'killed-stream', delay_chunk_ms: 1_000 });
    const cut = [ask(0, 'killed-json', false), ask(0, 'killed-stream', true)].map((call) =>
      call.catch(() => 'cut'),
    );
    await speaking('killed-stream');
    await until(
      'the call upstream',
      () => upstream('killed-json'),
      (calls) => calls.length === 1,
    );
    const waiting = ask(1, 'killed-json', false);
    const listening = ask(1, 'killed-stream', true);
    // It has joined when its first bytes are here; the other one asked before it.
    await until(
      'both to have joined',
      () => http('GET', `${urls[1]}/metrics`),
      ({ body }) => /cmg_answers_idempotent_calls_total\{outcome="known"\} [3-9]/.test(body.text),
    );
    process.kill(product.gateways[0]?.pid ?? 0, 'SIGKILL');
    expect(await Promise.all(cut)).toEqual(['cut', 'cut']);

    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(answer.headers.has('idempotent-replayed')).toBe(false);
    expect(await upstream('killed-json')).toHaveLength(2);

    const broken = await listening;
    expect(broken.headers.get('idempotent-replayed')).toBe('true');
    expect(broken.text).toContain('"code":"answer_interrupted"');
    const again = await ask(1, 'killed-stream', true);
    expect(again.headers.has('idempotent-replayed')).toBe(false);
    expect(again.text.endsWith('data: [DONE]\n\n')).toBe(true);
    const repeat = await ask(1, 'killed-stream', true);
    expect(repeat.text).toBe(again.text);
  });
});
