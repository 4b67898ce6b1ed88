import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { rawRequest, sseDataIn } from '../raw-http.client.js';
import { startSimulator, type Simulator } from './simulator.js';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.reset());
afterEach(() => vi.unstubAllEnvs());
afterAll(() => simulator.close());

const chat = (content: string, stream = false) =>
  rawRequest(`${simulator.url}/chat/completions`, {
    headers: { authorization: 'Bearer k' },
    body: { model: 'sim/fast', stream, messages: [{ role: 'user', content }] },
  });

const post = (path: string, body: string) =>
  rawRequest(`${simulator.url}${path}`, { headers: { authorization: 'Bearer k' }, body });

const control = async (method: string, path: string, body?: unknown) => {
  const reply = await rawRequest(`http://127.0.0.1:${simulator.port}/__control/${path}`, { method, body });
  const json: unknown = JSON.parse(reply.text);
  return { status: reply.status, json };
};

describe('the simulator', () => {
  it('does not start in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    await expect(startSimulator()).rejects.toThrow('never runs in production');
  });

  it('answers 404, 400 and 413 instead of falling over', async () => {
    expect(await post('/nowhere', '{}')).toMatchObject({ status: 404 });
    for (const body of ['', '{', '[]', 'null', '"x"', '{"model":7}']) {
      expect(await post('/chat/completions', body)).toMatchObject({ status: 400 });
      expect(await post('/embeddings', body)).toMatchObject({ status: 400 });
    }
    expect(await post('/chat/completions', 'x'.repeat(33 * 1024 * 1024))).toMatchObject({ status: 413 });
  });

  it('survives a caller that leaves while it is still sending', async () => {
    const socket = connect(simulator.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n';
    socket.write(`${head}content-length: 1000\r\n\r\n{"model":`);
    await expect.poll(() => simulator.ledger.inFlight()).toBe(1);
    socket.destroy();
    await expect.poll(() => simulator.ledger.inFlight()).toBe(0);
    expect(simulator.ledger.calls()[0]).toMatchObject({ cancelled: true, status: 0 });
    expect(await chat('still here')).toMatchObject({ status: 200 });
  });

  it('holds 1,000 open streams, and each is whole', async () => {
    simulator.faults.set({ hang: 'mid_stream', after_chunks: 2, times: 500 });
    const leaving = new AbortController();
    const open = Array.from({ length: 1000 }, () =>
      rawRequest(`${simulator.url}/chat/completions`, {
        headers: { authorization: 'Bearer k' },
        body: { model: 'sim/fast', stream: true, messages: [{ role: 'user', content: 'hold on' }] },
        signal: leaving.signal,
      }),
    );
    const hanging = () =>
      simulator.ledger.calls((call) => call.ended_at === null && call.chunks_sent === 2).length;
    await expect.poll(hanging, { timeout: 15_000 }).toBe(500);
    await expect.poll(() => simulator.ledger.inFlight(), { timeout: 15_000 }).toBe(500);
    leaving.abort();
    const replies = await Promise.all(open);
    expect(replies.filter((reply) => sseDataIn(reply.text).at(-1) === '[DONE]')).toHaveLength(500);
    await expect.poll(() => simulator.ledger.inFlight()).toBe(0);
    expect(simulator.ledger.totals()).toMatchObject({ calls: 1000, cancelled: 500 });
  }, 30_000);

  it('waits for a slow reader instead of filling its memory', async () => {
    const body = {
      model: 'sim/fast',
      stream: true,
      messages: [{ role: 'user', content: 'x '.repeat(60_000) }],
    };
    const headers = { authorization: 'Bearer k' };
    const request = httpRequest(`${simulator.url}/chat/completions`, {
      method: 'POST',
      headers,
      agent: false,
    });
    request.on('response', (response) => response.pause()).on('error', () => undefined);
    request.end(JSON.stringify(body));
    const sent = () => simulator.ledger.calls()[0]?.chunks_sent ?? 0;
    await expect.poll(sent).toBeGreaterThan(100);
    // Stalled once the event loop turns many times over without a further chunk.
    for (let before = -1; before !== sent();) {
      before = sent();
      for (let turn = 0; turn < 2000; turn += 1) await setImmediate();
    }
    expect(simulator.ledger.calls()[0]).toMatchObject({ ended_at: null, cancelled: false });
    expect(sent()).toBeLessThan(60_000);
    request.destroy();
    await expect.poll(() => simulator.ledger.inFlight()).toBe(0);
  });

  it('shuts its door and opens it again', async () => {
    simulator.refuseConnections();
    await expect(chat('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await simulator.acceptConnections();
    expect(await chat('x')).toMatchObject({ status: 200 });
    await control('POST', 'refuse', { for_ms: 50 });
    await expect(chat('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect
      .poll(() =>
        chat('x').then(
          (reply) => reply.status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it('ends although calls hang', async () => {
    const other = await startSimulator();
    other.faults.set({ hang: 'before_headers' });
    const hanging = rawRequest(`${other.url}/chat/completions`, {
      headers: { authorization: 'Bearer k' },
      body: { model: 'sim/fast', messages: [{ role: 'user', content: 'x' }] },
    }).catch((error: unknown) => error);
    await expect.poll(() => other.ledger.inFlight()).toBe(1);
    await other.close();
    expect(await hanging).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('the control API', () => {
  it('sets, adds, lists and clears faults', async () => {
    await control('POST', 'faults', { error: { code: 429, retry_after: 1 }, times: 1 });
    const added = await control('POST', 'faults?add', [{ error: { code: 500 }, times: 2 }]);
    expect(added.json).toMatchObject({ faults: [{ times: 1 }, { times: 2 }] });
    expect([(await chat('x')).status, (await chat('x')).status]).toEqual([429, 500]);
    expect((await control('GET', 'faults')).json).toEqual({ faults: [{ error: { code: 500 }, times: 1 }] });
    expect((await control('DELETE', 'faults')).json).toEqual({ faults: [] });
  });

  it('refuses a fault that would never strike', async () => {
    for (const [fault, word] of [
      [{ hangs: 'mid_stream' }, 'hangs'],
      [{ hang: 'midstream' }, 'hang'],
      [{ times: '1' }, 'times'],
      [{ error: { status: 500 } }, 'error'],
      [7, 'object'],
    ] as const) {
      const reply = await control('POST', 'faults', fault);
      expect(reply).toMatchObject({
        status: 400,
        json: { error: { message: expect.stringContaining(word) } },
      });
    }
    expect(await control('POST', 'refuse', {})).toMatchObject({ status: 400 });
    expect(await control('GET', 'nothing')).toMatchObject({ status: 404 });
  });

  it('shows what was served, and forgets it', async () => {
    await chat('a');
    await chat('b', true);
    const [first] = simulator.ledger.calls();
    const all = await control('GET', 'calls');
    expect(all.json).toMatchObject({
      in_flight: 0,
      totals: { calls: 2 },
      calls: [{ streamed: false }, { streamed: true }],
    });
    expect(await control('GET', `calls?id=${first?.id}&model=sim/fast`)).toMatchObject({
      json: { totals: { calls: 1, prompt_tokens: first?.prompt_tokens }, calls: [{ id: first?.id }] },
    });
    await control('POST', 'reset');
    expect((await control('GET', 'calls')).json).toMatchObject({ totals: { calls: 0 }, calls: [] });
  });
});
