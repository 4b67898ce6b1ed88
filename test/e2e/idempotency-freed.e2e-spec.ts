import { beforeEach, describe, expect, inject, it } from 'vitest';
import { newId } from '#common';
import { isReplayed, postNamed } from './named-call.js';
import { fault, newTenant, type Tenant, until, upstreamCalls } from './tenant.js';

let tenant: Tenant;
let user: string;
let key: string;

beforeEach(async () => {
  tenant = await newTenant();
  user = `repeater-${tenant.keyId}`;
  key = newId();
});

const question = () => ({
  model: 'sim/fast',
  user,
  messages: [{ role: 'user', content: 'one two three four five six seven eight' }],
});
const ask = (url: string) => (body: object, headers?: Record<string, string>) =>
  postNamed(`${url}/v1/chat/completions`, { apiKey: tenant.key, idempotencyKey: key, body, headers });
const onFirst = ask(inject('gatewayUrl'));
const onSecond = ask(inject('secondGatewayUrl'));

describe('what is no good answer is not kept', () => {
  it.each([
    ['an error', { error: { code: 400, message: 'no' } }, false],
    ['a stream that fails on its way', { error_in_stream: { code: 502, message: 'broke' } }, true],
    ['a stream that is cut', { cut: 'mid_stream' }, true],
  ])('%s frees the key', async (_, struck, stream) => {
    await fault({ user, ...struck, times: 1 });
    const bad = await onFirst({ ...question(), stream });
    expect(bad.text).toContain('"error"');
    const good = await onSecond({ ...question(), stream });
    expect(good.status).toBe(200);
    expect(isReplayed(good)).toBe(false);
    expect(good.text).not.toContain('"error"');
    const repeat = await onFirst({ ...question(), stream });
    expect(isReplayed(repeat)).toBe(true);
    expect(repeat.text).toBe(good.text);
  });

  it('a call that waited for one makes the call itself', async () => {
    await fault({ user, delay_headers_ms: 1_000, error: { code: 400, message: 'no' }, times: 1 });
    const bad = onFirst(question());
    await until(
      'the call upstream',
      () => upstreamCalls(user),
      (calls) => calls.length === 1,
    );
    const waited = await onSecond(question());
    expect((await bad).status).toBe(400);
    expect(waited.status).toBe(200);
    expect(isReplayed(waited)).toBe(false);
  });

  it('those who joined a stream see how it failed', async () => {
    await fault({ user, delay_chunk_ms: 300, cut: 'mid_stream', after_chunks: 6, times: 1 });
    const bad = onFirst({ ...question(), stream: true });
    await until(
      'the stream',
      () => upstreamCalls(user),
      ([call]) => call?.chunks_sent >= 2,
    );
    const joined = await onSecond({ ...question(), stream: true });
    expect(isReplayed(joined)).toBe(true);
    expect(joined.text).toBe((await bad).text);
    expect(joined.text).toContain('"error"');
  });
});

describe('a key that is none', () => {
  it.each([
    ['an empty one', ''],
    ['a long one', 'x'.repeat(256)],
    ['one that cannot be printed', 'k\u00e9y'],
  ])('%s is refused', async (_, bad) => {
    const answer = await onFirst(question(), { 'idempotency-key': bad });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error.param).toBe('Idempotency-Key');
  });
});
