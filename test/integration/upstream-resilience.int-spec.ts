import { Test, type TestingModule } from '@nestjs/testing';
import { LoggerModule } from 'nestjs-pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { AppConfig, ConfigModule } from '#config';
import {
  type AnswerSink,
  type AttemptRecord,
  Breakers,
  CompletionProxy,
  LlmProxyModule,
  ModelCatalogue,
} from '#llm-proxy';
import { RedisCommands, RedisModule, RedisSubscriber } from '#redis';
import { type Fault, type Simulator, startSimulator } from '#testing';

/** One process of ours, as far as the upstream is concerned. */
interface Gateway {
  module: TestingModule;
  proxy: CompletionProxy;
  breakers: Breakers;
}

class MemorySink implements AnswerSink {
  text = '';
  onWrite: () => void = () => undefined;
  start(): void {}
  write(bytes: Buffer): undefined {
    this.text += bytes.toString();
    this.onWrite();
  }
  end(): void {}
}

const small = 'sim/small-context';
const fast = 'sim/fast';
const other = 'demo/echo-with-context';
const openMs = 600;

describe('completions while the upstream fails', () => {
  let simulator: Simulator;
  let gateways: Gateway[];
  let attempts: AttemptRecord[];
  let sink: MemorySink;
  /** nestjs-pino has one root logger a process, so all gateways write here. */
  const log: string[] = [];

  const start = async (env: NodeJS.ProcessEnv = {}): Promise<Gateway> => {
    const config = new AppConfig({
      DATABASE_URL: 'postgres://u:p@127.0.0.1/db',
      REDIS_URL: inject('redisUrl'),
      API_KEY_PEPPER: 'pepper-pepper-pepper',
      ADMIN_API_KEY: 'admin-admin-admin-admin',
      OPENROUTER_BASE_URL: simulator.url,
      OPENROUTER_API_KEY: 'our-key',
      OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '1500',
      OPENROUTER_IDLE_TIMEOUT_MS: '1500',
      OPENROUTER_TOTAL_TIMEOUT_MS: '8000',
      OPENROUTER_RETRY_MAX_WAIT_MS: '2500',
      OPENROUTER_BREAKER_MIN_CALLS: '1000',
      OPENROUTER_BREAKER_OPEN_MS: String(openMs),
      ...env,
    });
    const stream = { write: (line: string) => log.push(line) };
    const module = await Test.createTestingModule({
      imports: [
        ConfigModule,
        LoggerModule.forRoot({ pinoHttp: [{ level: 'info', messageKey: 'message' }, stream] }),
        RedisModule,
        LlmProxyModule,
      ],
    })
      .overrideProvider(AppConfig)
      .useValue(config)
      .compile();
    await module.init();
    await expect.poll(() => module.get(RedisCommands).status).toBe('ready');
    await expect.poll(() => module.get(RedisSubscriber).status).toBe('ready');
    await module.get(ModelCatalogue).list();
    return { module, proxy: module.get(CompletionProxy), breakers: module.get(Breakers) };
  };
  /** The lines that were written of one event in this test. */
  const lines = (event: string) =>
    log.map((line) => JSON.parse(line)).filter(({ message }) => message === event);

  beforeAll(async () => {
    simulator = await startSimulator({ apiKey: 'our-key' });
  });
  beforeEach(() => {
    gateways = [];
    log.length = 0;
  });
  afterEach(async () => {
    simulator.reset();
    await simulator.acceptConnections();
    await Promise.all(gateways.map(({ module }) => module.close()));
  });
  afterAll(() => simulator?.close());

  const gateway = async (env?: NodeJS.ProcessEnv): Promise<Gateway> => {
    const started = await start(env);
    gateways.push(started);
    return started;
  };
  const call = (
    { proxy }: Gateway,
    { routes = [fast], stream = true, words = 'hello there', signal = new AbortController().signal } = {},
  ) => {
    const [first = fast, ...rest] = routes;
    sink = new MemorySink();
    attempts = [];
    return proxy.forward(
      {
        routes: [first, ...rest],
        bodyFor: (model) =>
          Buffer.from(JSON.stringify({ model, stream, messages: [{ role: 'user', content: words }] })),
        stream,
        includeUsage: true,
        promptTokens: 20,
        signal,
        onDecided: (made) => (attempts = [...made]),
      },
      sink,
    );
  };
  const upstreamCalls = () => simulator.ledger.calls(({ endpoint }) => endpoint === 'chat');
  const story = () => attempts.map(({ model, outcome, kind }) => [model, outcome, kind ?? null]);

  const passing: [string, Fault, string][] = [
    ['500', { error: { code: 500 } }, 'server'],
    ['overload', { error: { code: 503, error_type: 'provider_overloaded' } }, 'overloaded'],
    ['429', { error: { code: 429 } }, 'rate_limited'],
    ['408', { error: { code: 408 } }, 'timed_out'],
    ['a cut', { cut: 'before_headers' }, 'server'],
    ['silence', { hang: 'before_headers' }, 'timed_out'],
    ['garbage', { body: 'garbage' }, 'malformed'],
    ['an empty completion', { empty_completion: 'blank' }, 'empty'],
    ['an error in a 200', { error_in_body: { code: 502 } }, 'server'],
  ];

  it('repeats what may pass, and settles by the attempt that answered', async () => {
    const one = await gateway();
    for (const stream of [true, false]) {
      for (const [name, fault, kind] of passing) {
        // A JSON answer has the whole of its time to be silent in.
        if (name === 'silence' && !stream) continue;
        simulator.reset();
        simulator.faults.set({ ...fault, times: 1 });
        const outcome = await call(one, { stream });
        const served = simulator.ledger.find(outcome.generationId ?? '');
        expect([name, story()]).toEqual([
          name,
          [
            [fast, 'failed', kind],
            [fast, 'answered', null],
          ],
        ]);
        expect(outcome).toMatchObject({
          status: 'completed',
          usage: { source: 'provider', completionTokens: served?.completion_tokens },
        });
        expect(Number(outcome.cost)).toBe(served?.cost);
        expect(upstreamCalls()).toHaveLength(2);
      }
    }
    // What was taken and thrown away is the operator's; it can be found by its id.
    const wasted = lines('upstream_attempt_wasted');
    expect(new Set(wasted.map(({ code }) => code))).toEqual(new Set(['malformed', 'empty', 'server']));
    for (const { generation_id: id } of wasted) expect(id).toMatch(/^gen-/);
  });

  it('repeats when the upstream cannot be reached, also after it is back', async () => {
    const one = await gateway({ OPENROUTER_MAX_ATTEMPTS: '6' });
    simulator.refuseConnections();
    const outcome = call(one, { routes: [fast, other] });
    await expect.poll(() => lines('openrouter_error').length).toBeGreaterThan(0);
    await simulator.acceptConnections();
    expect(await outcome).toMatchObject({ status: 'completed', model: fast });
    expect(
      story()
        .slice(0, -1)
        .every(([, , kind]) => kind === 'unreachable'),
    ).toBe(true);
  });

  it('waits as long as Retry-After says, and no longer than it may', async () => {
    const one = await gateway();
    simulator.faults.set({ error: { code: 429, retry_after: 2 }, times: 1 });
    await call(one);
    const [refused, served] = upstreamCalls();
    const waited = Date.parse(served?.started_at ?? '') - Date.parse(refused?.ended_at ?? '');
    expect(waited).toBeGreaterThanOrEqual(1_990);
    simulator.faults.set({ error: { code: 429, retry_after: 30 } });
    await expect(call(one)).rejects.toMatchObject({ httpStatus: 429, retryAfter: 30 });
    expect(attempts).toHaveLength(1);
  });

  it.each([400, 413, 422])('never repeats the tenant’s own %i', async (code) => {
    const one = await gateway();
    simulator.faults.set({ error: { code } });
    await expect(call(one, { routes: [fast, other] })).rejects.toMatchObject({ httpStatus: code });
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('gives up after so many attempts, with the last failure', async () => {
    const one = await gateway();
    simulator.faults.set({ error: { code: 500 } });
    await expect(call(one)).rejects.toMatchObject({ httpStatus: 502 });
    expect(upstreamCalls()).toHaveLength(3);
    expect(attempts).toHaveLength(3);
  });

  it.each<[string, Fault, string, string[], string]>([
    ['overload', { error: { code: 529 } }, 'overloaded', [fast, other], other],
    ['an empty completion', { empty_completion: 'blank' }, 'empty', [fast, other], other],
    [
      'content policy',
      { error: { code: 403, metadata: { reasons: ['x'] } } },
      'content_policy',
      [fast, small, other],
      other,
    ],
    ['an unknown model', { error: { code: 404 } }, 'not_found', [fast, small, other], small],
  ])('falls back for %s', async (_name, fault, kind, routes, served) => {
    const one = await gateway();
    simulator.faults.set({ ...fault, model: fast });
    const outcome = await call(one, { routes });
    expect(outcome.model).toBe(served);
    expect(story()).toEqual([
      [fast, 'failed', kind],
      [served, 'answered', null],
    ]);
  });

  it('falls back to a larger model when the prompt is too long, and passes the smaller ones over', async () => {
    const one = await gateway();
    const words = 'a word '.repeat(2_000);
    const outcome = await call(one, { routes: [small, fast], words });
    expect([outcome.model, story()[0]]).toEqual([fast, [small, 'failed', 'context_length']]);
    await expect(call(one, { routes: [small], words })).rejects.toMatchObject({
      code: 'context_length_exceeded',
    });
  });

  it('repeats nothing once something was sent', async () => {
    const one = await gateway();
    for (const fault of [
      { cut: 'mid_stream' },
      { hang: 'mid_stream' },
      { error_in_stream: { code: 502 } },
    ] as const) {
      simulator.reset();
      simulator.faults.set({ ...fault, after_chunks: 4 });
      const outcome = await call(one, {
        routes: [fast, other],
        words: 'many words to be cut off in the middle',
      });
      expect(['cut', 'failed']).toContain(outcome.status);
      expect(sink.text).toContain('"error"');
      expect(upstreamCalls()).toHaveLength(1);
      expect(story()).toEqual([[fast, 'answered', null]]);
    }
  });

  it('is not held by a repeat that is yet to come when the client leaves, and charges nothing for what failed', async () => {
    const one = await gateway();
    simulator.faults.set({ error: { code: 429, retry_after: 2 } });
    const gone = new AbortController();
    const outcome = call(one, { signal: gone.signal });
    await expect.poll(() => lines('openrouter_error').length).toBe(1);
    gone.abort();
    expect(await outcome).toMatchObject({ status: 'cancelled', statusCode: 499, usage: { source: 'none' } });
    expect(upstreamCalls()).toHaveLength(1);
  });

  it('keeps all attempts together within the total time', async () => {
    const one = await gateway({
      OPENROUTER_TOTAL_TIMEOUT_MS: '1500',
      OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '1000',
      OPENROUTER_MAX_ATTEMPTS: '20',
    });
    simulator.faults.set({ hang: 'before_headers' });
    await expect(call(one)).rejects.toMatchObject({ httpStatus: 504 });
    // The second had what the first one left.
    const [first, second] = attempts;
    expect(attempts).toHaveLength(2);
    expect(second?.latencyMs).toBeLessThan(first?.latencyMs ?? 0);
  });

  describe('circuit breakers', () => {
    const quick = { OPENROUTER_BREAKER_MIN_CALLS: '4', OPENROUTER_MAX_ATTEMPTS: '2' };
    const failing = async (one: Gateway, model = fast, times = 2) => {
      simulator.faults.set({ error: { code: 500 }, model });
      for (let i = 0; i < times; i++) await call(one, { routes: [model] }).catch(() => undefined);
    };

    it('opens for a failing model, spares it, and sends calls to the next', async () => {
      const one = await gateway(quick);
      await failing(one);
      const before = upstreamCalls().length;
      await expect(call(one)).rejects.toMatchObject({
        httpStatus: 503,
        code: 'upstream_unavailable',
        retryAfter: 1,
      });
      expect(upstreamCalls()).toHaveLength(before);
      expect(story()).toEqual([[fast, 'skipped', 'breaker_open']]);
      expect((await call(one, { routes: [fast, other] })).model).toBe(other);
      expect(lines('breaker_opened')).toMatchObject([
        { scope: 'model', model: fast, cause: 'server', heard: false },
      ]);
    });

    it('closes by a probe when the model is well again', async () => {
      const one = await gateway(quick);
      await failing(one);
      simulator.faults.clear();
      await expect
        .poll(
          () =>
            call(one).then(
              () => 'served',
              () => 'refused',
            ),
          { timeout: 10_000 },
        )
        .toBe('served');
      expect(one.breakers.notClosed()).toEqual([]);
      expect(lines('breaker_half_open')).toHaveLength(1);
      expect(lines('breaker_closed')).toHaveLength(1);
    });

    it('shares what it found out, and its end, with the other gateways', async () => {
      const long = { ...quick, OPENROUTER_BREAKER_OPEN_MS: '60000' };
      const [one, two] = await Promise.all([gateway(long), gateway(long)]);
      await failing(one);
      await expect
        .poll(() => two.breakers.notClosed())
        .toMatchObject([{ scope: `model:${fast}`, state: 'open' }]);
      await expect(call(two)).rejects.toMatchObject({ httpStatus: 503 });
      const redis = one.module.get(RedisCommands);
      expect(JSON.parse((await redis.get(`breaker:model:${fast}`)) ?? '')).toMatchObject({
        state: 'open',
        cause: 'server',
      });
      expect(await redis.pttl(`breaker:model:${fast}`)).toBeGreaterThan(0);
      // A gateway that was not there when it was told reads it.
      const three = await gateway(long);
      await expect
        .poll(() => three.breakers.notClosed().map(({ scope }) => scope))
        .toEqual([`model:${fast}`]);

      one.breakers.hear({ scope: `model:${fast}`, state: 'closed', until: 0, cause: undefined });
      expect(two.breakers.notClosed()).toHaveLength(1);
      await redis.publish('breaker:changes', JSON.stringify({ scope: `model:${fast}`, state: 'closed' }));
      await expect.poll(() => two.breakers.notClosed()).toEqual([]);
      await redis.del(`breaker:model:${fast}`, 'breaker:open');
    });

    it('tells the others when its probe closes it', async () => {
      const [one, two] = await Promise.all([
        gateway(quick),
        gateway({ ...quick, OPENROUTER_BREAKER_OPEN_MS: '5000' }),
      ]);
      await failing(one);
      await expect.poll(() => two.breakers.notClosed().length).toBe(1);
      simulator.faults.clear();
      await expect
        .poll(
          () =>
            call(one).then(
              () => 'served',
              () => 'refused',
            ),
          { timeout: 10_000 },
        )
        .toBe('served');
      await expect.poll(() => two.breakers.notClosed()).toEqual([]);
      expect(await one.module.get(RedisCommands).exists(`breaker:model:${fast}`)).toBe(0);
    });

    it('goes by what it sees itself while Redis is away, and waits for nothing', async () => {
      const one = await gateway(quick);
      one.module.get(RedisCommands).disconnect();
      one.module.get(RedisSubscriber).disconnect();
      await failing(one);
      await expect(call(one)).rejects.toMatchObject({ httpStatus: 503 });
      await expect.poll(() => lines('breakers_not_shared').length).toBe(1);
      simulator.faults.clear();
      await expect
        .poll(
          () =>
            call(one).then(
              () => 'served',
              () => 'refused',
            ),
          { timeout: 10_000 },
        )
        .toBe('served');
    });

    it('opens for the whole upstream when our key is refused, without repeats, and tells it as an alarm', async () => {
      const one = await gateway(quick);
      simulator.faults.set({ error: { code: 402, message: 'Insufficient credits' } });
      for (let i = 0; i < 4; i++) {
        await expect(call(one, { routes: [fast, other] })).rejects.toMatchObject({ httpStatus: 503 });
        expect(attempts).toHaveLength(1);
      }
      await expect(call(one, { routes: [other] })).rejects.toMatchObject({
        scope: 'upstream',
        retryAfter: 1,
      });
      expect(upstreamCalls()).toHaveLength(4);
      expect(lines('openrouter_key_refused')).toHaveLength(4);
      await one.module.get(RedisCommands).del('breaker:upstream', 'breaker:open');
    });
  });
});
