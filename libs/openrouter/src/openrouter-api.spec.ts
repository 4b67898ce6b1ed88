import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { PinoLogger } from 'nestjs-pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppConfig } from '#config';
import { requiredSettings } from '#testing';
import { OpenRouterApi } from './openrouter-api.js';
import { ClientGoneError } from './openrouter.errors.js';
import { UpstreamJournal } from './upstream-journal.js';

describe('OpenRouterApi', () => {
  let server: Server;
  let api: OpenRouterApi;
  let listener: RequestListener;
  let origin: string;

  beforeEach(async () => {
    server = createServer((request, response) => listener(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    api = apiOf();
  });

  afterEach(() => {
    api.onApplicationShutdown();
    server.closeAllConnections();
    server.close();
  });

  const apiOf = (env: Record<string, string> = {}) => {
    const config = new AppConfig({
      ...requiredSettings,
      OPENROUTER_BASE_URL: `${origin}/api/v1/`,
      OPENROUTER_API_KEY: 'our-key',
      OPENROUTER_APP_URL: 'https://app.example',
      ...env,
    });
    return new OpenRouterApi(config, new UpstreamJournal(new PinoLogger({ pinoHttp: { level: 'silent' } })));
  };

  const answer =
    (status: number, body: unknown, headers = {}): RequestListener =>
    (request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };

  it('says who we are', async () => {
    listener = (request, response) => {
      const { authorization, 'http-referer': referer, 'x-openrouter-title': title } = request.headers;
      expect([authorization, referer, title]).toEqual([
        'Bearer our-key',
        'https://app.example',
        'Context Memory Gateway',
      ]);
      answer(200, { data: [{ id: 'a/b' }, { id: '' }, 'nonsense'] })(request, response);
    };
    expect(await api.models()).toEqual([{ id: 'a/b' }]);
  });

  it('follows pages, but never to another host', async () => {
    listener = (request, response) => {
      const isFirst = request.url === '/api/v1/models';
      const next = isFirst ? '/api/v1/models?offset=1' : 'https://elsewhere.example/api/v1/models';
      answer(200, { data: [{ id: isFirst ? 'a' : 'b' }], links: { next } })(request, response);
    };
    expect((await api.models()).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('forwards embeddings byte for byte', async () => {
    const text =
      '{ "data":[{"embedding":[0.10000000000000000001, 1e-9]}], "model":"m", "usage":{"prompt_tokens":4,"total_tokens":4}}';
    const sent: Buffer[] = [];
    listener = (request, response) => {
      request.on('data', (chunk: Buffer) => sent.push(chunk));
      request.on('end', () => answer(200, text)(request, response));
    };
    const got = await api.embeddings('{"input":"é"}', 'm');
    expect(got.body.toString()).toBe(text);
    expect(got).toMatchObject({ model: 'm', usage: { promptTokens: 4, completionTokens: 0 } });
    expect(Buffer.concat(sent).toString()).toBe('{"input":"é"}');
  });

  it('reads what a generation cost', async () => {
    listener = answer(200, {
      data: { total_cost: 1e-7, native_tokens_prompt: 3, native_tokens_completion: 0, cancelled: true },
    });
    expect(await api.generation('gen-1')).toEqual({
      usage: { promptTokens: 3, completionTokens: 0 },
      cost: '0.0000001',
      cancelled: true,
    });
  });

  it('judges refusals, errors in a 200, and nonsense', async () => {
    listener = answer(429, { error: { code: 429, message: 'x' } }, { 'retry-after': '9' });
    await expect(api.models()).rejects.toMatchObject({ httpStatus: 429, retryAfter: 9 });
    listener = answer(200, { error: { code: 402, message: 'x' } });
    await expect(api.models()).rejects.toMatchObject({ kind: 'refused_key' });
    listener = answer(200, '<html>');
    await expect(api.models()).rejects.toMatchObject({ kind: 'malformed' });
    listener = answer(200, {});
    await expect(api.embeddings('{}')).rejects.toMatchObject({ kind: 'malformed' });
    listener = (request) => request.socket.destroy();
    await expect(api.models()).rejects.toMatchObject({ kind: 'server' });
  });

  it('keeps our key out of its errors', async () => {
    listener = (request) => request.socket.destroy();
    const error: unknown = await api.models().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof Error && error.cause).not.toHaveProperty('config');
  });

  it('stops when its caller leaves', async () => {
    const arrived = Promise.withResolvers<void>();
    listener = () => arrived.resolve();
    const gone = new AbortController();
    const call = api.embeddings('{}', 'm', gone.signal);
    await arrived.promise;
    gone.abort();
    await expect(call).rejects.toThrow(ClientGoneError);
  });

  it('waits for embeddings no longer than for any call', async () => {
    listener = (request) => request.resume();
    const hasty = apiOf({ OPENROUTER_TOTAL_TIMEOUT_MS: '1000' });
    await expect(hasty.embeddings('{}')).rejects.toMatchObject({ kind: 'timed_out' });
    hasty.onApplicationShutdown();
  });

  it('finds an upstream alive that answers, and not one that refuses our key', async () => {
    for (const status of [200, 404, 405]) {
      listener = answer(status, '');
      expect(await api.ping()).toBeGreaterThan(0);
    }
    listener = answer(401, '');
    await expect(api.ping()).rejects.toMatchObject({ kind: 'refused_key' });
  });
});
