import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '#common';
import { rawRequest, sseDataIn, type RawReply } from '../raw-http.client.js';
import type { Fault } from './fault.js';
import { objectsIn } from './objects-in.js';
import { startSimulator, type Simulator } from './simulator.js';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

interface Asked {
  signal?: AbortSignal;
  headers?: Record<string, string>;
  body?: JsonObject;
}

function ask(stream: boolean, { signal, headers, body }: Asked = {}): Promise<RawReply> {
  const messages = [{ role: 'user', content: 'one two three four five six seven' }];
  return rawRequest(`${simulator.url}/chat/completions`, {
    headers: { authorization: 'Bearer k', ...headers },
    body: { model: 'sim/fast', messages, stream, ...body },
    signal,
  });
}

const struck = (fault: Fault, stream: boolean): Promise<RawReply> => {
  simulator.faults.set(fault);
  return ask(stream);
};

/** The JSON events of a stream. */
const eventsIn = (reply: RawReply): JsonObject[] =>
  sseDataIn(reply.text)
    .filter((data) => data !== '[DONE]')
    .map((data): unknown => JSON.parse(data))
    .filter(isJsonObject);

const reasonsIn = (events: JsonObject[]): unknown[] =>
  events
    .flatMap((event) => objectsIn(event['choices']))
    .map((choice) => choice['finish_reason'])
    .filter((reason) => reason !== null);

/** The text without what differs from call to call. */
const neutral = (reply: RawReply) => reply.text.replaceAll(/gen-[\w-]+|"created":\d+/gu, '');

const overloaded = { code: 503, message: 'Busy', error_type: 'provider_overloaded', provider_name: 'P' };

describe('no fault', () => {
  it('streams comments, the role first, one reason, the usage last', async () => {
    const reply = await ask(true);
    expect(reply.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(reply.text.startsWith(': OPENROUTER PROCESSING\n\ndata: {')).toBe(true);
    expect(reply.text.match(/: OPENROUTER PROCESSING\n\n/gu)?.length).toBeGreaterThan(1);
    expect(reply.text.endsWith('data: [DONE]\n\n')).toBe(true);
    const events = eventsIn(reply);
    expect(events[0]).toMatchObject({ choices: [{ delta: { role: 'assistant', content: '' } }] });
    expect(reasonsIn(events)).toEqual(['stop']);
    expect(events.filter((event) => 'usage' in event)).toEqual([events.at(-1)]);
    expect(events.at(-1)).toMatchObject({ choices: [], usage: { cost: expect.any(Number) } });
  });
});

describe.each([false, true])('faults, stream: %s', (stream) => {
  it('refuse with status, metadata and Retry-After', async () => {
    const reply = await struck({ error: { ...overloaded, retry_after: 7 } }, stream);
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '7' } });
    expect(JSON.parse(reply.text)).toEqual({
      error: {
        code: 503,
        message: 'Busy',
        metadata: { error_type: 'provider_overloaded', provider_name: 'P' },
      },
    });
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
    const dated = await struck({ error: { code: 429, retry_after: date } }, stream);
    expect(dated).toMatchObject({ status: 429, headers: { 'retry-after': date } });
  });

  it('put an error into a reply of status 200', async () => {
    const reply = await struck({ error_in_body: overloaded }, stream);
    expect(reply.status).toBe(200);
    const body: unknown = stream ? eventsIn(reply) : [JSON.parse(reply.text)];
    expect(body).toEqual([{ error: expect.objectContaining({ code: 503, message: 'Busy' }) }]);
    expect(simulator.ledger.totals().cost).toBe(0);
  });

  it('put an error into the choice', async () => {
    const reply = await struck({ error_in_choice: overloaded }, stream);
    const text = stream ? sseDataIn(reply.text).at(-3) : reply.text;
    expect(JSON.parse(text ?? '')).toMatchObject({
      choices: [{ finish_reason: 'error', error: { code: 503 } }],
    });
  });

  it('delay the headers, the body and the chunks', async () => {
    const started = performance.now();
    await struck({ delay_headers_ms: 30, delay_body_ms: 30, delay_chunk_ms: 5 }, stream);
    // 10 gaps between the 11 events of a stream. Timers may fire a millisecond early.
    expect(performance.now() - started).toBeGreaterThan(stream ? 100 : 55);
  });

  it.each(['before_headers', 'mid_stream'] as const)('hang %s until the caller leaves', async (hang) => {
    simulator.faults.set({ hang });
    const leaving = new AbortController();
    const reply = ask(stream, { signal: leaving.signal }).catch((error: unknown) => error);
    await expect.poll(() => simulator.ledger.inFlight()).toBe(1);
    const state = () => simulator.ledger.calls()[0];
    const chunks = stream && hang === 'mid_stream' ? 3 : 0;
    await expect.poll(() => state()?.chunks_sent).toBe(chunks);
    await expect.poll(() => state()?.sent_bytes).toBeGreaterThanOrEqual(hang === 'mid_stream' ? 50 : 0);
    leaving.abort();
    await reply;
    await expect.poll(() => simulator.ledger.inFlight()).toBe(0);
    expect(state()).toMatchObject({
      cancelled: true,
      status: hang === 'before_headers' ? 0 : 200,
      chunks_sent: chunks,
    });
  });

  it('cut the connection', async () => {
    await expect(struck({ cut: 'before_headers' }, stream)).rejects.toMatchObject({ code: 'ECONNRESET' });
    const reply = await struck({ cut: 'mid_stream', after_chunks: 4 }, stream);
    expect(reply).toMatchObject({ status: 200, complete: false });
    expect(reply.text).not.toMatch(stream ? /\[DONE\]/u : /\}$/u);
    expect(sseDataIn(reply.text)).toHaveLength(stream ? 4 : 0);
    await expect.poll(() => simulator.ledger.inFlight()).toBe(0);
    expect(simulator.ledger.calls().every((call) => !call.cancelled && call.error !== null)).toBe(true);
  });

  it('send no JSON, half of it, or nothing', async () => {
    const garbage = await struck({ body: 'garbage' }, stream);
    expect(garbage).toMatchObject({ status: 200, complete: true, text: expect.stringMatching(/^<html>/u) });
    const truncated = await struck({ body: 'truncated' }, stream);
    expect(truncated.complete).toBe(true);
    const last = stream ? (sseDataIn(truncated.text).at(-1) ?? '') : truncated.text;
    expect(() => JSON.parse(last)).toThrow(SyntaxError);
    expect(await struck({ body: 'none' }, stream)).toMatchObject({ complete: true, text: '' });
    expect(await struck({ body: 'garbage', error: { code: 502 } }, stream)).toMatchObject({
      status: 502,
      text: expect.stringMatching(/^<html>/u),
    });
  });

  it('say nothing at all in a good reply', async () => {
    for (const [kind, reason] of [
      ['blank', null],
      ['stop', 'stop'],
    ] as const) {
      const reply = await struck({ empty_completion: kind }, stream);
      const body: unknown = stream ? eventsIn(reply).at(-2) : JSON.parse(reply.text);
      const usage: unknown = stream ? eventsIn(reply).at(-1) : body;
      expect(body).toMatchObject({ choices: [{ finish_reason: reason }] });
      expect(usage).toMatchObject({ usage: { completion_tokens: 0 } });
    }
    expect(simulator.ledger.calls().map((call) => call.cost > 0)).toEqual([false, true]);
  });

  it('send byte by byte, and another content type, without changing a byte', async () => {
    const plain = await ask(stream);
    const slow = await struck({ one_byte_chunks: true, content_type: 'text/plain' }, stream);
    expect(neutral(slow)).toBe(neutral(plain));
    expect(slow.pieces).toBeGreaterThan(plain.pieces * 5);
    expect(slow.headers['content-type']).toBe('text/plain');
  });

  it('leave the usage out', async () => {
    expect((await struck({ usage: 'none' }, stream)).text).not.toContain('"usage"');
  });
});

describe('faults of streams', () => {
  it('count nothing and bill nothing, as the cache does, whole text and all', async () => {
    for (const stream of [false, true]) {
      const reply = await struck({ usage: 'zero' }, stream);
      expect(reply.text).toContain('"total_tokens":0');
      expect(simulator.ledger.calls().at(-1)).toMatchObject({ status: 200, cost: 0, prompt_tokens: 0 });
      expect(simulator.ledger.calls().at(-1)?.sent_tokens).toBeGreaterThan(7);
    }
  });

  it('hold a call until the faults are lifted, or its caller leaves', async () => {
    const caller = new AbortController();
    simulator.faults.set({ hold: true });
    const [held, left] = [ask(false), ask(false, { signal: caller.signal })];
    await expect.poll(() => simulator.ledger.inFlight()).toBe(2);
    caller.abort();
    await expect(left).rejects.toThrow('aborted');
    await expect.poll(() => simulator.ledger.inFlight()).toBe(1);
    expect(simulator.ledger.calls().map(({ status }) => status)).toEqual([0, 0]);
    simulator.faults.clear();
    expect((await held).status).toBe(200);
  });

  it('break off with an error event, and bill nothing', async () => {
    const reply = await struck(
      { error_in_stream: { ...overloaded, code: 'server_error' }, after_chunks: 2 },
      true,
    );
    const events = eventsIn(reply);
    expect(events).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({
      error: { code: 'server_error', metadata: { error_type: 'provider_overloaded' } },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    });
    expect(reply.text).not.toContain('[DONE]');
    expect(simulator.ledger.calls()[0]).toMatchObject({ sent_tokens: 1, cost: 0, chunks_sent: 2 });
  });

  it('strike also when the reply is shorter than after_chunks', async () => {
    expect(await struck({ cut: 'mid_stream', after_chunks: 999 }, true)).toMatchObject({ complete: false });
  });

  it('end lines in CRLF', async () => {
    const { text } = await struck({ crlf: true }, true);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/u);
  });

  it('put the usage into the last content chunk, or on every chunk', async () => {
    const inContent = eventsIn(await struck({ usage: 'in_content_chunk' }, true));
    expect(inContent.at(-1)).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      usage: { completion_tokens: 10 },
    });
    const every = eventsIn(await struck({ usage: 'every_chunk' }, true)).filter((event) => 'usage' in event);
    expect(every.length).toBeGreaterThan(5);
    expect(every[0]).toMatchObject({ usage: { completion_tokens: 0 } });
    expect(every.at(-1)).toMatchObject({ usage: { completion_tokens: 10 } });
  });

  it('keep the line alive by comments while nothing else comes', async () => {
    const { text } = await struck({ delay_body_ms: 60, comment_every_ms: 10 }, true);
    expect(text).toMatch(/^(: OPENROUTER PROCESSING\n\n){3,}data/u);
  });
});

describe('aim', () => {
  it('is by model, user, header and endpoint, and lasts for `times` calls', async () => {
    const error = { code: 500 };
    const statuses = async (fault: Fault, asked: Asked) => {
      simulator.faults.set(fault);
      return [(await ask(false, asked)).status, (await ask(false)).status];
    };
    const other = { body: { model: 'sim/vendor-b/slash-model' } };
    expect(await statuses({ error, model: 'sim/vendor-b/slash-model' }, other)).toEqual([500, 200]);
    expect(await statuses({ error, user: 'u1' }, { body: { user: 'u1' } })).toEqual([500, 200]);
    const header = { name: 'X-Test-Id', value: '7' };
    expect(await statuses({ error, header }, { headers: { 'x-test-id': '7' } })).toEqual([500, 200]);
    expect(await statuses({ error, header: { name: 'X-T' } }, { headers: { 'x-t': '' } })).toEqual([
      500, 200,
    ]);
    expect(await statuses({ error, times: 1 }, {})).toEqual([500, 200]);
    expect(await statuses({ error, endpoint: 'models' }, {})).toEqual([200, 200]);
    const models = () =>
      rawRequest(`${simulator.url}/models`, { method: 'GET', headers: { authorization: 'Bearer k' } });
    expect(await models()).toMatchObject({ status: 500 });
    simulator.faults.set({ error, endpoint: 'any', times: 1 });
    expect([(await models()).status, (await models()).status]).toEqual([500, 200]);
  });

  it('takes the first fault that matches', async () => {
    simulator.faults.set({ error: { code: 500 }, times: 1 });
    simulator.faults.add({ error: { code: 429 }, times: 1 });
    expect([(await ask(false)).status, (await ask(false)).status, (await ask(false)).status]).toEqual([
      500, 429, 200,
    ]);
    expect(simulator.faults.list()).toEqual([]);
  });
});
