import { beforeEach, describe, expect, it } from 'vitest';
import { type Answer, fault, newTenant, type Tenant, until, upstreamCalls } from './tenant.js';

let tenant: Tenant;
let user: string;

beforeEach(async () => {
  tenant = await newTenant();
  user = `cacher-${tenant.keyId}`;
});

const question = (extra: object = {}) => ({
  model: 'sim/fast',
  user,
  messages: [{ role: 'user', content: 'When do we release?' }],
  ...extra,
});
const ask = (extra: object = {}, headers: Record<string, string> = {}, path = '/v1/chat/completions') =>
  tenant.call('POST', path, question(extra), { 'x-cache': 'true', ...headers });

const isHit = ({ headers }: Answer): boolean => headers.get('x-cache') === 'hit';
/** Answers are kept behind the caller's back: asks until one was. */
const untilHit = (asked: () => Promise<Answer>) => until('a hit', asked, isHit);

describe('x-cache: true', () => {
  it.each([false, true])('gives the same bytes again for no tokens (stream: %s)', async (stream) => {
    const made = await ask({ stream });
    expect(made.headers.get('x-cache')).toBe('miss');
    const hit = await untilHit(() => ask({ stream }));
    expect(hit.status).toBe(200);
    expect(hit.body).toEqual(made.body);
    expect(hit.headers.get('content-type')).toBe(made.headers.get('content-type'));
    expect(hit.headers.get('age')).toMatch(/^\d+$/);
    const calls = await upstreamCalls(user);
    const { body } = await until(
      'all calls in the ledger',
      () => tenant.call('GET', '/v1/usage?group_by=status'),
      (usage) => usage.body.data?.[0]?.requests > calls.length,
    );
    const billed = calls.reduce((sum, call) => sum + call.prompt_tokens + call.completion_tokens, 0);
    expect(body.data).toMatchObject([{ status: 'completed', tokens_used: billed }]);
  });

  it('translates the answer anew for doors that do', async () => {
    const door = (extra: object = {}) => ask({ max_tokens: 50, ...extra }, {}, '/v1/messages');
    const made = await door();
    const hit = await untilHit(() => door());
    expect(hit.body.content).toEqual(made.body.content);
    expect(hit.body.type).toBe('message');
  });

  it('asks anew for whatever is another question', async () => {
    await ask();
    await untilHit(() => ask());
    expect(isHit(await ask({ temperature: 0.5 }))).toBe(false);
    expect(isHit(await ask({ stream: true }))).toBe(false);
    expect(isHit(await ask({ stream: true, stream_options: { include_usage: true } }))).toBe(false);
    expect((await tenant.call('POST', '/v1/chat/completions', question())).headers.has('x-cache')).toBe(
      false,
    );
    const other = await newTenant();
    const elsewhere = await other.call('POST', '/v1/chat/completions', question(), { 'x-cache': 'true' });
    expect(elsewhere.headers.get('x-cache')).toBe('miss');
  });

  it('asks anew when other context is recalled', async () => {
    const store = (content: string) => tenant.call('POST', '/v1/context/items?wait=true', { content });
    await store('We release on Tuesdays at ten.');
    const withContext = () => ask({ context: { recall: true } });
    const made = await withContext();
    expect(made.headers.get('x-context-items')).toBe('1');
    const hit = await untilHit(withContext);
    // Each call has a receipt of its own.
    expect(hit.headers.get('x-context-receipt')).not.toBe(made.headers.get('x-context-receipt'));
    const receipt = await until(
      'the receipt of the hit',
      () => tenant.call('GET', `/v1/context/receipts/${hit.headers.get('x-context-receipt')}`),
      ({ status }) => status === 200,
    );
    expect(receipt.body.items).toHaveLength(1);
    expect(receipt.body.attempts).toEqual([]);
    expect(hit.headers.get('x-upstream-attempts')).toBe('0');
    await store('From May on we release on Thursdays.');
    expect(isHit(await withContext())).toBe(false);
  });

  it('keeps no error and no broken stream', async () => {
    await fault({ user, error: { code: 400, message: 'no' }, times: 1 });
    expect((await ask()).status).toBe(400);
    const good = await ask();
    expect([good.status, isHit(good)]).toEqual([200, false]);
    await fault({ user, cut: 'mid_stream', times: 1 });
    const cut = await ask({ stream: true });
    expect(cut.body.text).toContain('"error"');
    const again = await ask({ stream: true });
    expect(isHit(again)).toBe(false);
    expect(again.body.text).not.toContain('"error"');
  });

  it('forgets after x-cache-ttl seconds', async () => {
    const briefly = () => ask({}, { 'x-cache-ttl': '1' });
    await untilHit(briefly);
    await until('a miss', briefly, (answer) => !isHit(answer));
  });

  it.each([
    ['x-cache', 'yes'],
    ['x-cache-ttl', '0'],
    ['x-cache-ttl', '86401'],
    ['x-cache-ttl', '1.5'],
  ])('refuses %s: %s', async (name, value) => {
    const answer = await ask({}, { [name]: value });
    expect(answer.status).toBe(400);
    expect(answer.body.error.param).toBe(name);
  });

  it('goes together with an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'both' };
    const made = await ask({}, headers);
    const repeat = await ask({}, headers);
    expect(repeat.headers.get('idempotent-replayed')).toBe('true');
    expect(repeat.headers.get('x-cache')).toBe('miss');
    expect(repeat.body).toEqual(made.body);
  });
});
