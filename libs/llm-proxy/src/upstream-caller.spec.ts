import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppConfig } from '#config';
import { CompletionClient } from '#openrouter';
import { requiredSettings } from '#testing';
import { ClientStream } from './client-stream.js';
import type { CompletionCall } from './completion-call.js';
import { UpstreamAttempt } from './upstream-attempt.js';
import { UpstreamCaller } from './upstream-caller.js';

const firstToken = 300;
const idle = 300;
const total = 1_000;

const chunk = `data: ${JSON.stringify({ choices: [{ delta: { content: 'Hi' } }] })}\n\n`;
const completion = JSON.stringify({ choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] });

/** The four time-outs, for both kinds of answer. Connecting is completion-client.spec.ts' matter. */
describe('UpstreamCaller', () => {
  let server: Server;
  let client: CompletionClient;
  let caller: UpstreamCaller;
  let listener: RequestListener;

  beforeEach(async () => {
    server = createServer((request, response) => listener(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const config = new AppConfig({
      ...requiredSettings,
      OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: String(firstToken),
      OPENROUTER_IDLE_TIMEOUT_MS: String(idle),
      OPENROUTER_TOTAL_TIMEOUT_MS: String(total),
    });
    const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    client = new CompletionClient({ baseUrl, headers: {}, connectTimeoutMs: 500 });
    caller = new UpstreamCaller(config, client);
  });
  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });

  /** Until the answer is whole; how long it took, and how it ended. */
  const run = async (stream: boolean, spentMs = 0, waiting = 0) => {
    const call: CompletionCall = {
      routes: ['a/b'],
      bodyFor: () => Buffer.from('{}'),
      stream,
      includeUsage: false,
      promptTokens: 1,
      signal: new AbortController().signal,
      onDecided: () => undefined,
    };
    const attempt = new UpstreamAttempt({ model: 'a/b', upstreamEra: 0, modelEra: 0 });
    const sink = { start: () => undefined, write: () => undefined, end: () => undefined };
    const startedAt = performance.now();
    const error: unknown = await caller
      .hold(call, attempt, { spentMs, waiting })
      .then((answer) => answer.sendTo(new ClientStream(sink)))
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    return { took: performance.now() - startedAt, error, began: attempt.tap.began };
  };
  const beat = (response: ServerResponse, text: string) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const beats = setInterval(() => response.write(text), 20);
    response.on('close', () => clearInterval(beats));
  };

  it('gives up on a stream without a first real chunk, before its headers and behind comments', async () => {
    const comments: RequestListener = (_request, response) => beat(response, ': busy\n\n');
    for (const silent of [() => undefined, comments]) {
      listener = silent;
      const { error, took, began } = await run(true);
      expect(error).toMatchObject({ kind: 'timed_out', httpStatus: 504 });
      expect(took).toBeGreaterThanOrEqual(firstToken - 5);
      expect(began).toBe(false);
    }
  });

  it('gives up on a stream that goes silent', async () => {
    listener = (_request, response) => void response.writeHead(200).write(chunk);
    const { error, took, began } = await run(true);
    expect([error, began]).toEqual([expect.objectContaining({ kind: 'timed_out' }), true]);
    expect(took).toBeGreaterThanOrEqual(idle - 5);
  });

  it('gives up on a stream that never ends', async () => {
    listener = (_request, response) => beat(response, chunk);
    const { error, took } = await run(true);
    expect(error).toMatchObject({ kind: 'timed_out' });
    expect(took).toBeGreaterThanOrEqual(total - 5);
  });

  it('lets a JSON answer be silent for longer than a stream may, before it and within it', async () => {
    listener = (_request, response) => {
      setTimeout(() => response.writeHead(200).write(completion.slice(0, 10)), firstToken + 50);
      setTimeout(() => response.end(completion.slice(10)), firstToken + idle + 100);
    };
    const { error, began } = await run(false);
    expect([error, began]).toEqual([undefined, true]);
  });

  it('gives up on a JSON answer that does not come, or not to its end', async () => {
    for (const begin of [() => undefined, (response: ServerResponse) => response.write('{"choices":')]) {
      listener = (_request, response) => void begin(response);
      const { error, took } = await run(false);
      expect(error).toMatchObject({ kind: 'timed_out', httpStatus: 504 });
      expect(took).toBeGreaterThanOrEqual(total - 5);
    }
  });

  it('gives a later attempt what the earlier ones left of the total', async () => {
    listener = () => undefined;
    for (const stream of [true, false]) {
      const { error, took } = await run(stream, total - 100);
      expect(error).toMatchObject({ kind: 'timed_out' });
      expect(took).toBeLessThan(firstToken);
    }
  });

  it('leaves each model that was not asked yet as long as it takes itself to say nothing', async () => {
    listener = () => undefined;
    const { error, took } = await run(false, 200, 3);
    expect(error).toMatchObject({ kind: 'timed_out' });
    expect(took).toBeGreaterThanOrEqual((total - 200) / 4 - 5);
    expect(took).toBeLessThan((total - 200) / 2);
  });

  it('does not cut an answer that has begun for those behind it', async () => {
    listener = (_request, response) => beat(response, chunk);
    const { took } = await run(true, 0, 4);
    expect(took).toBeGreaterThanOrEqual(total - 5);
  });
});
