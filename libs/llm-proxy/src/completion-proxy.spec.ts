import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { PinoLogger } from 'nestjs-pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppConfig } from '#config';
import { CompletionClient, UpstreamJournal } from '#openrouter';
import { requiredSettings } from '#testing';
import type { AnswerSink } from './answer-sink.js';
import { CompletionProxy } from './completion-proxy.js';
import { AttemptPolicy } from './attempts/attempt-policy.js';
import { CompletionAttempts } from './attempts/completion-attempts.js';
import type { ModelFacts } from './attempts/model-facts.js';
import { Breakers } from './breaker/breakers.js';
import type { CompletionCall } from './completion-call.js';
import { UpstreamCaller } from './upstream-caller.js';

/** A client that remembers what reached it. */
class MemorySink implements AnswerSink {
  status = 0;
  headers: Readonly<Record<string, string>> = {};
  text = '';
  ended = false;
  onWrite: () => Promise<void> | undefined = () => undefined;

  start(status: number, headers: Readonly<Record<string, string>>): void {
    [this.status, this.headers] = [status, headers];
  }

  write(bytes: Buffer): Promise<void> | undefined {
    this.text += bytes.toString();
    return this.onWrite();
  }

  end(): void {
    this.ended = true;
  }
}

const event = (chunk: object | string) =>
  `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`;
const delta = (content: string, finish: string | null = null) =>
  event({ id: 'gen-1', model: 'a/b', choices: [{ index: 0, delta: { content }, finish_reason: finish }] });
const role = event({ id: 'gen-1', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] });
const counts = event({
  id: 'gen-1',
  choices: [],
  usage: { prompt_tokens: 9, completion_tokens: 4, cost: 0.01 },
});
const done = event('[DONE]');
const fault = { error: { code: 429, message: 'x', metadata: { error_type: 'rate_limit_exceeded' } } };

const facts: ModelFacts = { contextLength: () => undefined };

describe('CompletionProxy', () => {
  let server: Server;
  let client: CompletionClient;
  let proxy: CompletionProxy;
  let sink: MemorySink;
  let listener: RequestListener;
  let decisions: { begun: boolean; made: number }[];

  beforeEach(async () => {
    server = createServer((request, response) => listener(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const config = new AppConfig({
      ...requiredSettings,
      OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '500',
      OPENROUTER_IDLE_TIMEOUT_MS: '500',
      OPENROUTER_TOTAL_TIMEOUT_MS: '2000',
      OPENROUTER_RETRY_MAX_WAIT_MS: '1',
    });
    const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    client = new CompletionClient({ baseUrl, headers: {}, connectTimeoutMs: 500 });
    const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
    const [journal, breakers] = [new UpstreamJournal(logger), new Breakers(config, logger)];
    const caller = new UpstreamCaller(config, client);
    const policy = new AttemptPolicy(config, facts);
    const attempts = new CompletionAttempts(policy, caller, breakers, journal, logger);
    proxy = new CompletionProxy(attempts, breakers, journal);
    [sink, decisions] = [new MemorySink(), []];
  });

  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });

  const forward = (more: Partial<CompletionCall> = {}) =>
    proxy.forward(
      {
        routes: ['a/b'],
        bodyFor: (model) => Buffer.from(JSON.stringify({ model })),
        stream: true,
        includeUsage: false,
        promptTokens: 7,
        signal: new AbortController().signal,
        onDecided: (made) => void decisions.push({ begun: sink.status !== 0, made: made.length }),
        ...more,
      },
      sink,
    );

  const streams =
    (...parts: string[]): RequestListener =>
    (_request, response) => {
      open(response);
      for (const part of parts) response.write(part);
      response.end();
    };
  const open = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' });

  it('forwards a stream untouched, without comments and the chunk that only counts', async () => {
    listener = streams(
      ': OPENROUTER PROCESSING\n\n',
      role,
      delta('Hel'),
      ': x\n\n',
      delta('lo', 'stop'),
      counts,
      done,
    );
    const outcome = await forward();
    expect(sink).toMatchObject({
      status: 200,
      ended: true,
      text: role + delta('Hel') + delta('lo', 'stop') + done,
    });
    expect(sink.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(outcome).toMatchObject({
      status: 'completed',
      statusCode: 200,
      model: 'a/b',
      generationId: 'gen-1',
      text: 'Hello',
      finishReason: 'stop',
      usage: { promptTokens: 9, completionTokens: 4, source: 'provider' },
      cost: '0.01',
    });
    expect(outcome.firstChunkMs).toBeLessThanOrEqual(outcome.latencyMs);
    expect(decisions).toEqual([{ begun: false, made: 1 }]);
  });

  it('leaves the count to a client that asked for it', async () => {
    listener = streams(delta('Hi', 'stop'), counts, done);
    await forward({ includeUsage: true });
    expect(sink.text).toBe(delta('Hi', 'stop') + counts + done);
  });

  it('ends a stream for the client whose upstream forgot the [DONE], or its blank line', async () => {
    for (const end of ['', 'data: [DONE]', 'data: [DONE]\n']) {
      sink = new MemorySink();
      listener = streams(delta('Hi', 'stop'), end);
      expect((await forward()).status).toBe('completed');
      expect(sink.text.startsWith(delta('Hi', 'stop') + 'data: [DONE]\n')).toBe(true);
      expect(sink.text.endsWith('\n\n')).toBe(true);
    }
  });

  it('forwards JSON byte for byte', async () => {
    const text = `\n { "choices": [{"message":{"content":"1e400 \\u00e9"},"finish_reason":"stop"}], "seed": 12345678901234567890 }`;
    listener = (_request, response) => void response.end(text);
    const outcome = await forward({ stream: false });
    expect(sink).toMatchObject({ status: 200, text, ended: true });
    expect(outcome).toMatchObject({ text: '1e400 é', usage: { promptTokens: 7, source: 'estimated' } });
    expect(outcome.usage.completionTokens).toBeGreaterThan(0);
  });

  const json =
    (body: unknown): RequestListener =>
    (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };

  it.each<[string, boolean, RequestListener, number]>([
    ['a refusal', true, (_q, response) => void response.writeHead(429).end(JSON.stringify(fault)), 429],
    ['an error page', true, (_q, response) => void response.writeHead(500).end('<html>'.repeat(50_000)), 502],
    ['an error in a JSON answer', false, json(fault), 429],
    ['an error in a choice', false, json({ choices: [fault] }), 429],
    ['a JSON error for a stream', true, json(fault), 429],
    ['an error event first', true, streams(': x\n\n', role, event(fault)), 429],
    ['garbage for JSON', false, json('{"choi'), 502],
    ['JSON that is no completion', false, json({}), 502],
    ['an empty completion', false, json({ choices: [{ message: {}, finish_reason: null }] }), 502],
    ['garbage in a stream', true, streams('data: {"choi\n\n'), 502],
    ['a web page for a stream', true, streams('<html>\n\n<p>\n'), 502],
    ['a stream of nothing', true, streams(role, done), 502],
    ['no stream at all', true, streams(), 502],
    ['silence', true, (_q, response) => open(response).flushHeaders(), 504],
    ['a cut', true, (request) => request.socket.destroy(), 502],
  ])('sends nothing and throws on %s', async (_name, stream, upstream, httpStatus) => {
    listener = upstream;
    await expect(forward({ stream })).rejects.toMatchObject({ httpStatus });
    expect(sink).toMatchObject({ status: 0, text: '', ended: false });
    expect(decisions).toEqual([{ begun: false, made: expect.any(Number) }]);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['dies', (response) => response.socket?.destroy(), 'upstream_error'],
    ['closes half-way', (response) => void response.end('data: {"id":'), 'upstream_error'],
    ['goes silent', () => undefined, 'upstream_timeout'],
    ['sends garbage', (response) => void response.write('data: {"id":\n\n'), 'upstream_error'],
  ])('tells the client when the upstream %s mid-stream', async (_name, fail, code) => {
    listener = (_request, response) => {
      open(response).write(delta('Hello there'));
      sink.onWrite = () => {
        sink.onWrite = () => undefined;
        fail(response);
        return undefined;
      };
    };
    const outcome = await forward();
    expect(sink.text.startsWith(delta('Hello there'))).toBe(true);
    const last = sink.text.slice(delta('Hello there').length);
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({
      error: { code, type: 'server_error', param: null },
    });
    expect(last.endsWith('\n\n') && sink.ended).toBe(true);
    expect(outcome).toMatchObject({
      status: 'cut',
      text: 'Hello there',
      error: { code },
      usage: { promptTokens: 7, completionTokens: 2, source: 'estimated' },
    });
  });

  it('passes on an error event of the upstream, and ends there', async () => {
    listener = streams(delta('Hi'), event(fault));
    const outcome = await forward();
    expect(sink).toMatchObject({ text: delta('Hi') + event(fault), ended: true });
    expect(outcome).toMatchObject({ status: 'failed', error: { kind: 'rate_limited' } });
  });

  it('says at the top what an upstream says in a choice, where no SDK looks', async () => {
    listener = streams(delta('Hi'), event({ choices: [{ ...fault, finish_reason: 'error' }] }));
    const outcome = await forward();
    expect(sink.text).toMatch(
      /"finish_reason":null.*\n\ndata: \{"error":.*"code":"rate_limit_exceeded"\}\}\n\n$/,
    );
    expect(outcome).toMatchObject({ status: 'failed', text: 'Hi' });
  });

  it('does not take a running count of zero for a free answer when a stream is cut', async () => {
    const running = {
      choices: [{ delta: { content: 'Hi' } }],
      usage: { prompt_tokens: 9, completion_tokens: 0 },
    };
    listener = streams(event(running));
    expect((await forward()).usage).toMatchObject({ source: 'estimated', completionTokens: 1 });
  });

  it('ends the upstream call when the client leaves, before and after the first chunk', async () => {
    for (const first of ['', delta('Hi')]) {
      const closed = Promise.withResolvers<void>();
      const gone = new AbortController();
      listener = (_request, response) => {
        response.on('close', closed.resolve);
        open(response).write(first || ': x\n\n', () => gone.abort());
      };
      const outcome = await forward({ signal: gone.signal });
      await closed.promise;
      expect(outcome.status).toBe('cancelled');
      expect(sink.ended).toBe(false);
    }
  });

  it('owes nothing for a call that the upstream never took', async () => {
    const outcome = await forward({ signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({
      status: 'cancelled',
      statusCode: 499,
      usage: { promptTokens: 0, source: 'none' },
    });
  });

  it('takes a sink that fails for a client that left', async () => {
    const closed = Promise.withResolvers<void>();
    listener = (_request, response) => {
      response.on('close', closed.resolve);
      open(response).write(delta('Hi'));
    };
    sink.onWrite = () => Promise.reject(new Error('EPIPE'));
    expect((await forward()).status).toBe('cancelled');
    await closed.promise;
  });

  it('waits for a slow client, and does not blame the upstream for it', async () => {
    listener = (_request, response) => {
      open(response).write(delta('Hi'), () => setImmediate(() => response.end(delta('!', 'stop') + done)));
    };
    // Longer than the idle time-out of this spec.
    sink.onWrite = () => new Promise((resolve) => setTimeout(resolve, 700));
    expect((await forward()).status).toBe('completed');
  });
});
