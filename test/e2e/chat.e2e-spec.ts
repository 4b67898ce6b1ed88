import OpenAI from 'openai';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { fault, newTenant, type Tenant, until, upstreamCalls } from './tenant.js';

describe('chat completions with the openai SDK', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant();
  });

  it('answers a JSON call with 200, a receipt and the limits', async () => {
    const { data, response } = await tenant.openai.chat.completions
      .create({ model: 'sim/fast', messages: [{ role: 'user', content: 'hello there' }] })
      .withResponse();
    expect(response.status).toBe(200);
    expect(data.choices[0]?.message.content).toBe('You said: hello there');
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    expect(response.headers.get('x-context-receipt')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('x-context-tokens')).toBe('0');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toMatch(/^\d+$/);
    expect(response.headers.get('x-quota-remaining-tokens')).toMatch(/^\d+$/);
    expect(response.headers.get('x-request-id')).toBeTruthy();
  });

  it('streams, and gives usage only to those who ask', async () => {
    const ask = (include_usage: boolean) =>
      tenant.openai.chat.completions.create({
        model: 'sim/fast',
        stream: true,
        messages: [{ role: 'user', content: 'one two three' }],
        ...(include_usage ? { stream_options: { include_usage } } : {}),
      });
    const [plain, withUsage] = await Promise.all([
      Array.fromAsync(await ask(false)),
      Array.fromAsync(await ask(true)),
    ]);
    const text = (chunks: OpenAI.ChatCompletionChunk[]) =>
      chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text(plain)).toBe('You said: one two three');
    expect(text(withUsage)).toBe(text(plain));
    expect(plain.every((chunk) => chunk.choices.length > 0)).toBe(true);
    expect(withUsage.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('passes fields through that it does not know, byte for byte', async () => {
    const body = `{"model":"sim/fast" , "messages":[{"role":"user","content":"caf\\u00e9"}],"user":"bytes-${tenant.keyId}","seed":12345678901234567890,"x_new":{"a":[1.0,1e2]}}`;
    const answer = await tenant.call('POST', '/v1/chat/completions', body);
    expect(answer.status).toBe(200);
    const [call] = await upstreamCalls(`bytes-${tenant.keyId}`);
    expect(call.body.x_new).toEqual({ a: [1, 100] });
    expect(call.received_bytes).toBe(Buffer.byteLength(body));
  });

  it('streams over the raw socket as server-sent events, with no upstream comment', async () => {
    const response = await fetch(`${inject('gatewayUrl')}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sim/fast', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('cache-control')).toContain('no-cache');
    const text = await response.text();
    expect(text).not.toMatch(/^:/m);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('serves the same under /api/v1, and takes x-api-key', async () => {
    const response = await fetch(`${inject('gatewayUrl')}/api/v1/chat/completions`, {
      method: 'POST',
      headers: { 'x-api-key': tenant.key, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sim/fast', messages: [{ role: 'user', content: 'hi' }] }),
    });
    expect(response.status).toBe(200);
  });

  it('aborts the upstream within a second when the client leaves', async () => {
    const user = `leaver-${tenant.keyId}`;
    await fault({ user, delay_chunk_ms: 200, times: 1 });
    const stream = await tenant.openai.chat.completions.create({
      model: 'sim/fast',
      stream: true,
      user,
      messages: [
        { role: 'user', content: 'a rather long text of many words that is streamed slowly back to me' },
      ],
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    const [call] = await until(
      'the upstream to be cancelled',
      () => upstreamCalls(user),
      ([seen]) => seen?.cancelled === true,
    );
    expect(Date.parse(call.cancelled_at) - Date.parse(call.first_byte_at)).toBeLessThan(2_000);
    const usage = await until(
      'the cancelled call in the ledger',
      () => tenant.call('GET', '/v1/usage?group_by=status'),
      (answer) => answer.body.data?.some((row: { status: string }) => row.status === 'cancelled'),
    );
    const row = usage.body.data.find((found: { status: string }) => found.status === 'cancelled');
    expect(row.tokens_used).toBeGreaterThan(0);
    // Nobody named its cost: it comes from the price list.
    expect(row.cost).toMatch(/^0\.\d*[1-9]$/);
  });
});
