import OpenAI from 'openai';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { newId } from '#common';
import { isReplayed, postNamed } from './named-call.js';
import {
  admin,
  failureOf,
  fault,
  type Json,
  newTenant,
  type Tenant,
  until,
  upstreamCalls,
} from './tenant.js';

/** The SDK has the option `idempotencyKey`, but sends it only when the client names the header. */
class NamingOpenAI extends OpenAI {
  protected override idempotencyHeader = 'Idempotency-Key';
}

const chatPath = '/v1/chat/completions';

let tenant: Tenant;
let user: string;
let key: string;
let first: OpenAI;
let second: OpenAI;

beforeEach(async () => {
  // Nothing comes back in the window while a test counts.
  tenant = await newTenant({ key: { rate_limit_window: 86_400 } });
  user = `repeater-${tenant.keyId}`;
  key = newId();
  const sdk = (url: string, maxRetries = 0) =>
    new NamingOpenAI({ baseURL: `${url}/v1`, apiKey: tenant.key, maxRetries });
  first = sdk(inject('gatewayUrl'), 2);
  second = sdk(inject('secondGatewayUrl'));
});

const question = (content = 'one two three four five six seven eight') => ({
  model: 'sim/fast',
  user,
  messages: [{ role: 'user' as const, content }],
});

const ask =
  (url: string) =>
  (body: object, headers?: Record<string, string>, path = chatPath) =>
    postNamed(url + path, { apiKey: tenant.key, idempotencyKey: key, body, headers });
const onFirst = ask(inject('gatewayUrl'));
const onSecond = ask(inject('secondGatewayUrl'));

const quotaLeft = async () => (await tenant.call('GET', '/v1/key')).body.limits.daily_tokens.remaining;

/** The ledger's sums, when it has so many calls. */
async function inLedger(requests: number): Promise<Json> {
  const { body } = await until(
    `${requests} calls in the ledger`,
    () => tenant.call('GET', '/v1/usage'),
    (answer) => answer.body.data?.[0]?.requests >= requests,
  );
  return body.data[0];
}

/** Makes another call and waits for it in the ledger: whatever came before is there, too, then. */
async function requestsInLedger(expected: number): Promise<number> {
  await tenant.call('POST', '/v1/chat/completions', question('the last one'));
  return (await inLedger(expected + 1)).requests - 1;
}

describe('a repeat with the same Idempotency-Key', () => {
  it('gets the same JSON on another gateway, through the SDK, and is billed once', async () => {
    const ask = (client: OpenAI) =>
      client.chat.completions.create(question(), { idempotencyKey: key }).withResponse();
    const made = await ask(first);
    // Settled: what was reserved and not used is back.
    await inLedger(1);
    const left = await quotaLeft();
    const repeat = await ask(second);
    expect(repeat.data).toEqual(made.data);
    expect(repeat.response.status).toBe(200);
    expect(repeat.response.headers.get('idempotent-replayed')).toBe('true');
    expect(made.response.headers.has('idempotent-replayed')).toBe(false);
    expect(repeat.response.headers.get('x-context-receipt')).toBe(
      made.response.headers.get('x-context-receipt'),
    );
    // It takes a request, and nothing else.
    const requestsLeft = ({ headers }: Response) => Number(headers.get('x-ratelimit-remaining-requests'));
    expect(requestsLeft(repeat.response)).toBeLessThan(requestsLeft(made.response));
    expect(await quotaLeft()).toBe(left);
    expect(await upstreamCalls(user)).toHaveLength(1);
    expect(await requestsInLedger(1)).toBe(1);
  });

  it.each([
    ['chat', '/v1/chat/completions', () => ({ ...question(), stream: true })],
    ['responses', '/v1/responses', () => ({ model: 'sim/fast', user, input: 'hello', stream: true })],
    ['messages', '/v1/messages', () => ({ ...question(), max_tokens: 50, stream: true })],
    ['messages, JSON', '/v1/messages', () => ({ ...question(), max_tokens: 50 })],
    ['completions', '/v1/completions', () => ({ model: 'sim/fast', user, prompt: 'hello', stream: true })],
    ['embeddings', '/v1/embeddings', () => ({ model: 'sim/embed', user, input: 'hello' })],
  ])('gets the same bytes through the door %s', async (_, path, body) => {
    const made = await onFirst(body(), {}, path);
    const repeat = await onSecond(body(), {}, path);
    expect(made.status).toBe(200);
    expect([isReplayed(made), isReplayed(repeat)]).toEqual([false, true]);
    expect(repeat.text).toBe(made.text);
    expect(repeat.headers.get('content-type')).toBe(made.headers.get('content-type'));
    expect(repeat.headers.get('x-context-receipt')).toBe(made.headers.get('x-context-receipt'));
    expect(await upstreamCalls(user)).toHaveLength(1);
  });

  it('joins a JSON call in flight on the other gateway', async () => {
    await fault({ user, delay_headers_ms: 1_500, times: 1 });
    const made = onFirst(question());
    await until(
      'the call upstream',
      () => upstreamCalls(user),
      (calls) => calls.length === 1,
    );
    const repeats = await Promise.all([onSecond(question()), onSecond(question()), onFirst(question())]);
    const { text } = await made;
    expect(repeats.map((repeat) => repeat.text)).toEqual([text, text, text]);
    expect(repeats.every(isReplayed)).toBe(true);
    expect(await upstreamCalls(user)).toHaveLength(1);
  });

  it('joins a stream in flight: what was sent so far, and what follows as it comes', async () => {
    await fault({ user, delay_chunk_ms: 300, times: 1 });
    const made = await first.chat.completions.create(
      { ...question(), stream: true },
      { idempotencyKey: key },
    );
    const chunks = made[Symbol.asyncIterator]();
    const seen = [(await chunks.next()).value, (await chunks.next()).value];
    const joined = await second.chat.completions.create(
      { ...question(), stream: true },
      { idempotencyKey: key },
    );
    const repeated = joined[Symbol.asyncIterator]();
    const repeat = [(await repeated.next()).value];
    const [call] = await upstreamCalls(user);
    // The first chunk is here while the upstream is still speaking.
    expect(call.ended_at).toBeNull();
    for (let next = await repeated.next(); !next.done; next = await repeated.next()) repeat.push(next.value);
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) seen.push(next.value);
    expect(repeat).toEqual(seen);
    expect(await upstreamCalls(user)).toHaveLength(1);
    expect(await requestsInLedger(1)).toBe(1);
  });

  it('gets the whole answer after its client had left, and is billed once', async () => {
    await fault({ user, delay_chunk_ms: 150, times: 1 });
    const body = { ...question(), stream: true as const };
    const left = await first.chat.completions.create(body, { idempotencyKey: key });
    for await (const chunk of left) if (chunk.choices[0]?.delta.content) break;
    const repeat = await onSecond(body);
    expect(isReplayed(repeat)).toBe(true);
    expect(repeat.text.endsWith('data: [DONE]\n\n')).toBe(true);
    const [call, ...others] = await upstreamCalls(user);
    expect(others).toEqual([]);
    expect(call.cancelled).toBe(false);
    expect((await inLedger(1)).tokens_used).toBe(call.prompt_tokens + call.completion_tokens);
    expect(await requestsInLedger(1)).toBe(1);
  });

  it('is what the SDK sends by itself when its connection breaks, once it knows the name of the header', async () => {
    await fault({ user, delay_headers_ms: 1_000, times: 1 });
    const keys: (string | null)[] = [];
    const client = new NamingOpenAI({
      baseURL: `${inject('gatewayUrl')}/v1`,
      apiKey: tenant.key,
      maxRetries: 2,
      fetch: async (url, init) => {
        keys.push(new Headers(init?.headers).get('idempotency-key'));
        if (keys.length > 1) return fetch(url, init);
        const breaking = new AbortController();
        const broken = failureOf(fetch(url, { ...init, signal: breaking.signal }));
        await until(
          'the call upstream',
          () => upstreamCalls(user),
          (calls) => calls.length === 1,
        );
        breaking.abort();
        throw await broken;
      },
    });
    const { data, response } = await client.chat.completions.create(question()).withResponse();
    expect(data.choices[0]?.message.content).toContain('one two three');
    expect(response.headers.get('idempotent-replayed')).toBe('true');
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBeTruthy();
    expect(keys[1]).toBe(keys[0]);
    expect(await upstreamCalls(user)).toHaveLength(1);
    expect(await requestsInLedger(1)).toBe(1);
  });

  it('gives another key of the workspace no more than that key may have', async () => {
    await onFirst(question());
    const made = await admin('POST', `/admin/workspaces/${tenant.workspaceId}/api-keys`, {
      name: 'narrow',
      allowed_models: ['demo/echo-with-context'],
    });
    const answer = await onFirst(question(), { authorization: `Bearer ${made.body.key}` });
    expect(answer.status).toBe(403);
    expect(isReplayed(answer)).toBe(false);
  });

  it('with another body or route is refused, and the SDK does not try again', async () => {
    await first.chat.completions.create(question(), { idempotencyKey: key });
    let sent = 0;
    const counting = new NamingOpenAI({
      baseURL: `${inject('gatewayUrl')}/v1`,
      apiKey: tenant.key,
      maxRetries: 2,
      fetch: (...given) => {
        sent += 1;
        return fetch(...given);
      },
    });
    const refusal = await failureOf(
      counting.chat.completions.create(question('another question'), { idempotencyKey: key }),
    );
    expect(refusal).toBeInstanceOf(OpenAI.ConflictError);
    expect(refusal).toMatchObject({ code: 'idempotency_key_reused', param: 'Idempotency-Key' });
    expect(sent).toBe(1);
    const elsewhere = await onFirst(question(), {}, '/v1/messages');
    expect(elsewhere.status).toBe(409);
    expect(elsewhere.headers.get('x-should-retry')).toBe('false');
    expect((await onFirst(question(), { 'x-context-session': 'other' })).status).toBe(409);
    expect(await upstreamCalls(user)).toHaveLength(1);
  });

  it('means nothing in another workspace', async () => {
    const made = await onFirst(question());
    const other = await newTenant();
    const answer = await other.call('POST', '/v1/chat/completions', question('something else'), {
      'idempotency-key': key,
    });
    expect(made.status).toBe(200);
    expect(answer.status).toBe(200);
    expect(answer.headers.has('idempotent-replayed')).toBe(false);
  });
});
