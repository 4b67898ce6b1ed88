import { Test, type TestingModule } from '@nestjs/testing';
import { LoggerModule } from 'nestjs-pino';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { AppConfig, ConfigModule } from '#config';
import { DatabaseModule } from '#database';
import {
  type AnswerSink,
  CompletionProxy,
  LlmProxyModule,
  ModelCatalogue,
  readCompletionRequest,
  upstreamBody,
} from '#llm-proxy';
import { OpenRouterApi } from '#openrouter';
import { RedisModule } from '#redis';
import { type Fault, type Simulator, startSimulator } from '#testing';

class MemorySink implements AnswerSink {
  status = 0;
  text = '';
  ended = false;
  onWrite: () => void = () => undefined;

  start(status: number): void {
    this.status = status;
  }

  write(bytes: Buffer): undefined {
    this.text += bytes.toString();
    this.onWrite();
  }

  end(): void {
    this.ended = true;
  }
}

const question = 'Where does the heron 🐦 nest, and why there of all places along the river?';

describe('completions against a simulated OpenRouter', () => {
  let simulator: Simulator;
  let module: TestingModule;
  let proxy: CompletionProxy;
  let sink: MemorySink;

  beforeAll(async () => {
    simulator = await startSimulator({ apiKey: 'our-key' });
    const config = new AppConfig({
      DATABASE_URL: inject('databaseUrl'),
      REDIS_URL: inject('redisUrl'),
      API_KEY_PEPPER: 'pepper-pepper-pepper',
      ADMIN_API_KEY: 'admin-admin-admin-admin',
      OPENROUTER_BASE_URL: simulator.url,
      OPENROUTER_API_KEY: 'our-key',
      OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '1000',
      OPENROUTER_IDLE_TIMEOUT_MS: '1000',
      OPENROUTER_TOTAL_TIMEOUT_MS: '2000',
      // What one attempt comes to; the attempts after it are upstream-resilience.int-spec.ts' matter.
      OPENROUTER_MAX_ATTEMPTS: '1',
      OPENROUTER_BREAKER_MIN_CALLS: '1000',
    });
    module = await Test.createTestingModule({
      imports: [
        ConfigModule,
        LoggerModule.forRoot({ pinoHttp: { level: 'silent' } }),
        RedisModule,
        DatabaseModule,
        LlmProxyModule,
      ],
    })
      .overrideProvider(AppConfig)
      .useValue(config)
      .compile();
    proxy = module.get(CompletionProxy);
  });

  afterEach(() => simulator.reset());

  afterAll(async () => {
    await module?.close();
    await simulator?.close();
  });

  const call = (stream: boolean, includeUsage: boolean, signal = new AbortController().signal) => {
    const raw = Buffer.from(
      JSON.stringify({
        model: 'sim/fast',
        messages: [{ role: 'user', content: question }],
        stream,
        stream_options: includeUsage ? { include_usage: true } : undefined,
        context: { recall: true },
      }),
    );
    const request = readCompletionRequest(raw);
    sink = new MemorySink();
    return proxy.forward(
      {
        routes: request.models,
        bodyFor: (model) => upstreamBody(request, { model }),
        stream,
        includeUsage,
        promptTokens: 20,
        signal,
        onDecided: () => undefined,
      },
      sink,
    );
  };

  /** What the client of a stream reads: its text, and its error if it ended in one. */
  const received = () => {
    const events = sink.text.split(/\r?\n\r?\n/).filter(Boolean);
    expect(events.every((event) => event.startsWith('data: '))).toBe(true);
    const chunks = events
      .filter((event) => event !== 'data: [DONE]')
      .map((event) => JSON.parse(event.slice('data: '.length)));
    return {
      text: chunks.map((chunk) => chunk.choices?.[0]?.delta?.content ?? '').join(''),
      error: chunks.find((chunk) => chunk.error)?.error,
      isDone: sink.text.trimEnd().endsWith('data: [DONE]'),
      hasUsageChunk: chunks.some((chunk) => chunk.choices?.length === 0),
    };
  };

  it('settles both kinds of answer by what the upstream billed', async () => {
    for (const stream of [false, true]) {
      const outcome = await call(stream, false);
      const billed = simulator.ledger.find(outcome.generationId ?? '');
      expect(billed?.body).not.toHaveProperty('context');
      expect(outcome).toMatchObject({
        status: 'completed',
        usage: {
          promptTokens: billed?.prompt_tokens,
          completionTokens: billed?.completion_tokens,
          source: 'provider',
        },
      });
      expect(Number(outcome.cost)).toBe(billed?.cost);
      expect(outcome.text).toContain(question);
      expect(await module.get(OpenRouterApi).generation(billed?.id ?? '')).toMatchObject({
        cost: outcome.cost,
      });
    }
  });

  it.each<[string, Fault]>([
    ['one byte a chunk', { one_byte_chunks: true }],
    ['CRLF', { crlf: true, one_byte_chunks: true }],
    ['comments', { delay_body_ms: 30, delay_chunk_ms: 5, comment_every_ms: 2 }],
    ['usage in the last content chunk', { usage: 'in_content_chunk' }],
    ['usage on every chunk', { usage: 'every_chunk' }],
  ])('makes the same answer of a stream with %s', async (_name, fault) => {
    simulator.faults.set(fault);
    const outcome = await call(true, false);
    expect(received()).toMatchObject({
      text: outcome.text,
      isDone: true,
      hasUsageChunk: false,
      error: undefined,
    });
    expect(outcome.text).toContain(question);
    expect(outcome.usage).toMatchObject({ source: 'provider' });
  });

  it('shows the count only to a client that asked', async () => {
    await call(true, true);
    expect(received().hasUsageChunk).toBe(true);
  });

  const refused = (code: number): Fault => ({
    error: { code, message: `Simulated ${code}`, retry_after: 3 },
  });

  // The fault, and the status that a JSON and a streaming client get before anything was sent.
  it.each<[string, Fault, number, number]>([
    ...[400, 404, 413, 422].map((code): [string, Fault, number, number] => [
      `${code}`,
      refused(code),
      code,
      code,
    ]),
    ...[401, 402, 403].map((code): [string, Fault, number, number] => [`${code}`, refused(code), 503, 503]),
    ...[500, 502, 503, 529].map((code): [string, Fault, number, number] => [
      `${code}`,
      refused(code),
      502,
      502,
    ]),
    ['429', refused(429), 429, 429],
    ['408', refused(408), 504, 504],
    ['an error in a 200', { error_in_body: { code: 'server_error' } }, 502, 502],
    ['a cut before the headers', { cut: 'before_headers' }, 502, 502],
    ['a hang before the headers', { hang: 'before_headers' }, 504, 504],
    ['garbage', { body: 'garbage' }, 502, 502],
    ['nothing', { body: 'none' }, 502, 502],
    ['an empty completion', { empty_completion: 'blank' }, 502, 502],
  ])('answers %s with a status', async (_name, fault, forJson, forStream) => {
    simulator.faults.set(fault);
    for (const [stream, httpStatus] of [
      [false, forJson],
      [true, forStream],
    ] as const) {
      await expect(call(stream, false)).rejects.toMatchObject({ httpStatus });
      expect(sink).toMatchObject({ status: 0, text: '', ended: false });
    }
  });

  it.each<[string, Fault, string, string]>([
    ['a cut', { cut: 'mid_stream' }, 'cut', 'upstream_error'],
    ['a hang', { hang: 'mid_stream' }, 'cut', 'upstream_timeout'],
    ['a hang with comments', { hang: 'mid_stream', comment_every_ms: 20 }, 'cut', 'upstream_timeout'],
    ['an error event', { error_in_stream: { code: 502, message: 'Gone' } }, 'failed', 'upstream_error'],
  ])('ends a stream after %s with an error event', async (_name, fault, status, code) => {
    simulator.faults.set({ after_chunks: 4, ...fault });
    const outcome = await call(true, false);
    const { text, error, isDone } = received();
    expect(error.message).toEqual(expect.any(String));
    expect({ isDone, ended: sink.ended, text }).toEqual({ isDone: false, ended: true, text: outcome.text });
    expect(outcome).toMatchObject({
      status,
      error: { code },
      usage: { source: 'estimated', promptTokens: 20 },
    });
    expect(outcome.usage.completionTokens).toBeGreaterThan(0);
  });

  it('ends the upstream call at once when the client leaves', async () => {
    for (const fault of [{ hang: 'before_headers' }, { delay_chunk_ms: 50 }] satisfies Fault[]) {
      simulator.reset();
      simulator.faults.set(fault);
      const gone = new AbortController();
      const outcome = call(true, false, gone.signal);
      sink.onWrite = () => gone.abort();
      await expect.poll(() => simulator.ledger.calls().length).toBe(1);
      if ('hang' in fault) gone.abort();
      expect(await outcome).toMatchObject({ status: 'cancelled' });
      await expect.poll(() => simulator.ledger.calls()[0]?.cancelled, { timeout: 1_000 }).toBe(true);
      await expect.poll(() => simulator.ledger.inFlight(), { timeout: 1_000 }).toBe(0);
    }
  });

  it('says that the upstream cannot be reached, and recovers with it', async () => {
    simulator.refuseConnections();
    await expect(call(false, false)).rejects.toMatchObject({ httpStatus: 503, retryAfter: 2 });
    await simulator.acceptConnections();
    expect((await call(false, false)).status).toBe('completed');
  });

  it('lists the models, and forwards embeddings in the format asked for', async () => {
    const models = await module.get(ModelCatalogue).list();
    expect(models.map(({ id }) => id)).toContain('sim/vendor-b/slash-model');
    const body = JSON.stringify({ model: 'sim/embed', input: ['a', 'b'], encoding_format: 'base64' });
    const answer = await module.get(OpenRouterApi).embeddings(body);
    expect(answer.parsed).toMatchObject({ data: [{ embedding: expect.any(String) }, {}] });
    expect(answer.usage?.promptTokens).toBeGreaterThan(0);
    expect(await module.get(OpenRouterApi).ping()).toBeGreaterThan(0);
  });
});
