import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { PinoLogger } from 'nestjs-pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppConfig } from '#config';
import { OpenRouterApi, UpstreamJournal } from '#openrouter';
import { requiredSettings } from '#testing';
import { AttemptPolicy } from './attempts/attempt-policy.js';
import { Breakers } from './breaker/breakers.js';
import { type EmbeddingsCall, EmbeddingsProxy } from './embeddings-proxy.js';

const totalMs = 2_000;
const vectors = { object: 'list', model: 'm', data: [{ index: 0, embedding: [1] }] };
type Step = (response: ServerResponse) => void;
const answers =
  (status: number, body: object = vectors, headers: Record<string, string> = {}): Step =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));
const fails = (code: number, headers: Record<string, string> = {}) =>
  answers(code, { error: { code, message: `Simulated ${code}` } }, headers);
const cut: Step = (response) => void response.socket?.destroy();
const silence: Step = () => undefined;

describe('EmbeddingsProxy', () => {
  let server: Server;
  let api: OpenRouterApi;
  let proxy: EmbeddingsProxy;
  /** What the upstream does, one after the other; the last for good. */
  let steps: Step[];
  let arrivedAt: number[];
  let attempts: number;

  const listener: RequestListener = (_request, response) => {
    const step = steps[Math.min(arrivedAt.length, steps.length - 1)];
    arrivedAt.push(performance.now());
    step?.(response);
  };

  beforeEach(async () => {
    [steps, arrivedAt, attempts] = [[], [], 0];
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const config = new AppConfig({
      ...requiredSettings,
      OPENROUTER_BASE_URL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
      OPENROUTER_TOTAL_TIMEOUT_MS: String(totalMs),
      OPENROUTER_RETRY_MAX_WAIT_MS: '1000',
      OPENROUTER_BREAKER_MIN_CALLS: '4',
    });
    const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
    api = new OpenRouterApi(config, new UpstreamJournal(logger));
    const policy = new AttemptPolicy(config, { contextLength: () => undefined });
    proxy = new EmbeddingsProxy(policy, new Breakers(config, logger), api);
  });
  afterEach(() => {
    api.onApplicationShutdown();
    server.closeAllConnections();
    server.close();
  });

  const embed = (more: Partial<EmbeddingsCall> = {}) =>
    proxy.embed({
      model: 'm',
      body: Buffer.from('{}'),
      signal: new AbortController().signal,
      onAttempt: (made) => (attempts = made),
      ...more,
    });

  it.each<[string, Step]>([
    ['an overload', fails(503)],
    ['a 429', fails(429)],
    ['a lost connection', cut],
    ['nonsense', answers(200, {})],
  ])('asks again after %s', async (_name, step) => {
    steps = [step, step, answers(200)];
    expect((await embed()).parsed).toEqual(vectors);
    expect([arrivedAt.length, attempts]).toEqual([3, 3]);
  });

  it('waits as long as Retry-After says, and no longer than it may', async () => {
    steps = [fails(429, { 'retry-after': '1' }), answers(200)];
    await embed();
    const [first = 0, second = 0] = arrivedAt;
    expect(second - first).toBeGreaterThanOrEqual(990);
    steps = [fails(429, { 'retry-after': '60' })];
    await expect(embed()).rejects.toMatchObject({ httpStatus: 429, retryAfter: 60 });
    expect(attempts).toBe(1);
  });

  it('gives up after so many attempts', async () => {
    steps = [fails(500)];
    await expect(embed()).rejects.toMatchObject({ httpStatus: 502 });
    expect([arrivedAt.length, attempts]).toEqual([3, 3]);
  });

  it.each([400, 401, 404])('does not repeat a %i', async (code) => {
    steps = [fails(code), answers(200)];
    await expect(embed()).rejects.toMatchObject({ upstreamStatus: code });
    expect(attempts).toBe(1);
  });

  it('keeps all attempts together within the total time', async () => {
    steps = [fails(500), silence];
    const startedAt = performance.now();
    await expect(embed()).rejects.toMatchObject({ httpStatus: 504 });
    expect(performance.now() - startedAt).toBeLessThan(totalMs * 1.5);
    expect(attempts).toBe(2);
  });

  it('spares a model whose breaker is open, and says when to come again', async () => {
    steps = [fails(500)];
    await embed().catch(() => undefined);
    await embed().catch(() => undefined);
    const before = arrivedAt.length;
    await expect(embed()).rejects.toMatchObject({ httpStatus: 503, retryAfter: expect.any(Number) });
    expect(arrivedAt).toHaveLength(before);
  });

  it('is not held by a repeat that is yet to come when the client leaves', async () => {
    steps = [fails(429, { 'retry-after': '1' })];
    const gone = new AbortController();
    const call = embed({ signal: gone.signal });
    call.catch(() => undefined);
    await expect.poll(() => arrivedAt.length).toBe(1);
    gone.abort();
    await expect(call).rejects.toMatchObject({ code: 'client_closed_request' });
    expect(arrivedAt).toHaveLength(1);
  });
});
