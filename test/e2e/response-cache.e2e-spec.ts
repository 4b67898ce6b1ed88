import { beforeEach, describe, expect, inject, it } from 'vitest';
import { type Answer, fault, liftFaults, newTenant, type Tenant, until, upstreamCalls } from './tenant.js';

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

describe('the same question at the same time', () => {
  /** A stream whose headers are here; whether it joined another's is known then. */
  const open = (path = '/v1/chat/completions', signal?: AbortSignal) =>
    fetch(inject('gatewayUrl') + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tenant.key}`,
        'content-type': 'application/json',
        'x-cache': 'true',
      },
      body: JSON.stringify(question({ stream: true, max_tokens: 50 })),
      signal: signal ?? null,
    });
  const asked = (count: number) =>
    until(
      `${count} calls upstream`,
      () => upstreamCalls(user),
      ({ length }) => length >= count,
    );

  it.each([false, true])('is asked once (stream: %s)', async (stream) => {
    await fault({ user, hold: true });
    const all = Promise.all(Array.from({ length: 8 }, () => ask({ stream })));
    await asked(1);
    await liftFaults();
    const answers = await all;
    const [first] = answers;
    for (const { status, body } of answers) expect([status, body]).toEqual([200, first?.body]);
    expect(answers.filter(isHit)).toHaveLength(7);
    const [call, ...others] = await upstreamCalls(user);
    expect(others).toEqual([]);
    const { body } = await until(
      'all calls in the ledger',
      () => tenant.call('GET', '/v1/usage?group_by=status'),
      (usage) => usage.body.data?.[0]?.requests >= 8,
    );
    const billed = call.prompt_tokens + call.completion_tokens;
    expect(body.data).toMatchObject([{ status: 'completed', requests: 8, tokens_used: billed }]);
  });

  it('goes on when the one who asked first leaves, for those who joined', async () => {
    await fault({ user, delay_chunk_ms: 150 });
    const leaving = new AbortController();
    await open(undefined, leaving.signal);
    const joined = await open();
    expect(joined.headers.get('x-cache')).toBe('hit');
    leaving.abort();
    expect(await joined.text()).toMatch(/data: \[DONE\]\n\n$/);
    expect(await upstreamCalls(user)).toMatchObject([{ cancelled: false }]);
    await untilHit(() => ask({ stream: true, max_tokens: 50 }));
  });

  it('ends with the one who asked it when nobody has joined', async () => {
    await fault({ user, delay_chunk_ms: 150 });
    const leaving = new AbortController();
    await open(undefined, leaving.signal);
    leaving.abort();
    const leftAt = Date.now();
    const [call] = await until(
      'the upstream to hear of it',
      () => upstreamCalls(user),
      ([made]) => made.cancelled,
    );
    expect(Date.parse(call.cancelled_at) - leftAt).toBeLessThan(1_000);
  });

  it('is asked again by those who waited for an answer that failed', async () => {
    await fault({ user, error: { code: 400, message: 'no' }, delay_headers_ms: 500, times: 1 });
    const first = ask();
    await asked(1);
    const others = await Promise.all([ask(), ask()]);
    expect((await first).status).toBe(400);
    expect(others.map(({ status, headers }) => [status, headers.get('x-cache')])).toEqual([
      [200, 'miss'],
      [200, 'miss'],
    ]);
  });

  it('breaks off for all who had begun to read, in the words of their door', async () => {
    await fault({ user, cut: 'mid_stream', delay_chunk_ms: 300, times: 1 });
    const first = await open('/v1/messages');
    const joined = await open('/v1/messages');
    expect(joined.headers.get('x-cache')).toBe('hit');
    for (const text of await Promise.all([first.text(), joined.text()]))
      expect(text).toContain('event: error');
    const again = await open('/v1/messages');
    expect([again.headers.get('x-cache'), (await again.text()).includes('event: error')]).toEqual([
      'miss',
      false,
    ]);
  });
});
