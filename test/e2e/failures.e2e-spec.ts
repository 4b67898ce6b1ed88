import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realServersAvailable, startRealPostgres, startRealRedis } from '#embedded';
import { adminKey, type Product, startProduct } from './product.js';
import { http, newTenant, type Tenant, until } from './tenant.js';

const servers = realServersAvailable();
if (!servers) console.warn('The failure specs need installed servers (scripts/install-servers.sh): skipped');

/** Rows of the failure table in docs/architecture.md, on servers that are really stopped, frozen and killed. */
describe.skipIf(!servers)('when a part fails', () => {
  let postgres: Awaited<ReturnType<typeof startRealPostgres>>;
  let redis: Awaited<ReturnType<typeof startRealRedis>>;
  let product: Product;
  let tenant: Tenant;
  let url: string;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startRealPostgres(), startRealRedis()]);
    product = await startProduct({ databaseUrl: postgres.url, redisUrl: redis.url, gateways: 1 });
    url = product.gateways[0]?.url ?? '';
    tenant = await newTenant({ gatewayUrl: url });
  });
  afterAll(async () => {
    redis?.thaw();
    await product?.stop();
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  const chat = (extra: object = {}) =>
    tenant.call('POST', '/v1/chat/completions', {
      model: 'sim/fast',
      messages: [{ role: 'user', content: 'hi' }],
      ...extra,
    });
  const used = async () => {
    const { body } = await tenant.call('GET', '/v1/usage');
    return (body.data?.[0]?.requests as number | undefined) ?? 0;
  };

  it('Redis frozen: calls go on within their time-outs, and none is lost to the ledger', async () => {
    expect((await chat()).status).toBe(200);
    // The whole of what was called so far: what reached the ledger later would be taken for one too many.
    const before = await until('the first call in the ledger', used, (count) => count === 1);
    redis.freeze();
    const answers = await Promise.all(Array.from({ length: 10 }, () => chat()));
    redis.thaw();
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    await until('all ten calls in the ledger', used, (count) => count >= before + 10);
    expect(await used()).toBeLessThanOrEqual(before + 10);
    const { body } = await http('GET', `${url}/metrics`);
    expect(body.text).toMatch(/cmg_rate_limit_degraded_total\{mode="local"\} [1-9]/);
  });

  it('Redis killed and back: calls go on, and limits are exact again', async () => {
    await redis.kill();
    expect((await chat()).status).toBe(200);
    expect((await http('GET', `${url}/health/ready`)).status).toBe(200);
    await redis.restart();
    await until(
      'Redis to be used again',
      async () => (await http('GET', `${url}/health`)).body.details.redis.status,
      (status) => status === 'up',
    );
    expect((await chat()).status).toBe(200);
  });

  it('PostgreSQL restarted: known keys go on, recall says it is away, ingest asks to come again', async () => {
    await chat();
    await postgres.kill();
    const answer = await chat({ context: { recall: true } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-context-degraded')).toBe('recall');
    const named = await chat({ context: { working_set: 'whichever' } });
    expect([named.status, named.headers.get('x-context-degraded')]).toEqual([200, 'working_set']);
    const refused = await tenant.call('POST', '/v1/context/items', { content: 'while you were out' });
    expect([refused.status, refused.body.error.code]).toEqual([503, 'database_unavailable']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const unready = await http('GET', `${url}/health/ready`);
    expect([unready.status, unready.body.details.database.status]).toEqual([503, 'down']);
    await postgres.restart();
    const stored = await until(
      'ingest to work again',
      () => tenant.call('POST', '/v1/context/items', { content: 'while you were out' }),
      ({ status }) => status === 202,
    );
    expect(stored.body.items).toHaveLength(1);
  });

  it('Redis frozen: operators set limits and are told that it cannot say how they stand; no quota is reset', async () => {
    const path = `/admin/workspaces/${tenant.workspaceId}`;
    const operator = (method: string, to: string, body?: object) =>
      http(method, url + path + to, body, { authorization: `Bearer ${adminKey}` });
    const standing = async () => (await operator('GET', '/limits')).body.limits.daily_tokens;
    expect((await chat()).status).toBe(200);
    const before = await until('the standing', standing, ({ used }) => used > 0);
    redis.freeze();
    const put = await operator('PUT', '/limits', { daily_token_quota: 900_000 });
    expect(put).toMatchObject({
      status: 200,
      body: { limits: { daily_tokens: { limit: 900_000, used: null, remaining: null, resets_at: null } } },
    });
    const refused = await operator('POST', '/quota/reset');
    expect([refused.status, refused.body.error.code]).toEqual([503, 'redis_unavailable']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    redis.thaw();
    const after = await until('the standing', standing, ({ used }) => used !== null);
    // Calls from before are still being settled.
    const remaining = 900_000 - after.used;
    expect(after).toEqual({ ...before, limit: 900_000, source: 'workspace', used: after.used, remaining });
    expect(after).toMatchObject({ used: expect.toSatisfy((used) => used > 0), quota_reset_at: null });
  });

  it('SIGTERM lets an open stream finish, and saves what was promised', async () => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'sim/fast',
        stream: true,
        user: 'slow',
        messages: [{ role: 'user', content: 'please take your time with these few words' }],
      }),
    });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    process.kill(product.gateways[0]?.pid ?? 0, 'SIGTERM');
    let text = new TextDecoder().decode(first?.value);
    for (;;) {
      const chunk = await reader?.read();
      if (chunk?.done !== false) break;
      text += new TextDecoder().decode(chunk.value);
    }
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await product.gateways[0]?.exited).toBe(0);
  });
});
