import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CompletionClient } from './completion-client.js';
import { ClientGoneError } from './openrouter.errors.js';

describe('CompletionClient', () => {
  let server: Server;
  let client: CompletionClient;
  let listener: RequestListener;
  const patient = { firstChunk: 10_000, idle: 10_000, total: 10_000 };

  beforeEach(async () => {
    server = createServer((request, response) => listener(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = new CompletionClient({
      baseUrl: `http://127.0.0.1:${portOf(server)}/api/v1/`,
      headers: { authorization: 'Bearer our-key' },
      connectTimeoutMs: 1_000,
    });
  });

  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });

  const open = (signal: AbortSignal = new AbortController().signal, timeouts = patient) =>
    client.open({ path: '/chat/completions', body: Buffer.from('{"a":1}'), signal, timeouts });

  it('sends the bytes and our headers, and gives back the answer', async () => {
    const seen: unknown[] = [];
    listener = (request, response) => {
      request.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      request.on('end', () => {
        seen.push(
          request.method,
          request.url,
          request.headers.authorization,
          request.headers['content-type'],
        );
        response.writeHead(201, { 'X-Generation-Id': 'gen-1' }).end('hello');
      });
    };
    const response = await open();
    expect(response.status).toBe(201);
    expect(response.headers['x-generation-id']).toBe('gen-1');
    expect((await response.readAll(100)).toString()).toBe('hello');
    expect(seen).toEqual([
      '{"a":1}',
      'POST',
      '/api/v1/chat/completions',
      'Bearer our-key',
      'application/json',
    ]);
  });

  it('keeps the connection for the next call, also after a release', async () => {
    const ports = new Set<number | undefined>();
    listener = (request, response) => {
      ports.add(request.socket.remotePort);
      response.write('last event');
      void setImmediate().then(() => response.end());
    };
    for (let i = 0; i < 3; i += 1) {
      const response = await open();
      await response.read();
      response.release();
      expect(await response.read()).toBeUndefined();
      // The connection is free a turn after its answer has ended.
      await setImmediate();
    }
    expect(ports.size).toBe(1);
  });

  it('destroys the connection when the caller leaves before the first byte', async () => {
    const arrived = Promise.withResolvers<{ closed: Promise<unknown> }>();
    listener = (_request, response) => arrived.resolve({ closed: once(response, 'close') });
    const gone = new AbortController();
    const call = open(gone.signal);
    const { closed } = await arrived.promise;
    gone.abort();
    await expect(call).rejects.toThrow(ClientGoneError);
    await closed;
  });

  it('destroys the connection when the caller leaves mid-stream', async () => {
    const arrived = Promise.withResolvers<{ closed: Promise<unknown> }>();
    listener = (_request, response) => {
      arrived.resolve({ closed: once(response, 'close') });
      response.write('first');
    };
    const gone = new AbortController();
    const response = await open(gone.signal);
    expect(String(await response.read())).toBe('first');
    const next = response.read();
    gone.abort();
    await expect(next).rejects.toThrow(ClientGoneError);
    await (
      await arrived.promise
    ).closed;
  });

  it('does not even connect for a caller who has left', async () => {
    listener = () => expect.unreachable();
    await expect(open(AbortSignal.abort())).rejects.toThrow(ClientGoneError);
  });

  it.each([
    ['the first chunk', { ...patient, firstChunk: 60 }],
    ['the whole', { ...patient, total: 60 }],
  ])('gives up when %s takes too long', async (_name, timeouts) => {
    listener = (_request, response) => response.flushHeaders();
    const response = await open(undefined, timeouts);
    await expect(response.read()).rejects.toMatchObject({ kind: 'timed_out', httpStatus: 504 });
  });

  it('gives up on an upstream that goes silent after chunks, though it still sends comments', async () => {
    listener = (_request, response) => {
      response.write('data: 1\n\n');
      const comments = setInterval(() => response.write(': busy\n\n'), 10);
      response.on('close', () => clearInterval(comments));
    };
    const response = await open(undefined, { ...patient, idle: 100 });
    await response.read();
    response.progress();
    const readOn = async () => {
      while (await response.read());
    };
    await expect(readOn()).rejects.toMatchObject({ kind: 'timed_out' });
  });

  it('names a refused connection, a cut before and a cut within the answer', async () => {
    listener = (request) => request.socket.destroy();
    await expect(open()).rejects.toMatchObject({ kind: 'server', httpStatus: 502 });
    listener = (request, response) => {
      response.write('part');
      void setImmediate().then(() => request.socket.destroy());
    };
    const response = await open();
    expect(String(await response.read())).toBe('part');
    await expect(response.read()).rejects.toMatchObject({ kind: 'cut_short', httpStatus: 502 });
    server.close();
    server.closeAllConnections();
    await expect(open()).rejects.toMatchObject({ kind: 'unreachable', httpStatus: 503 });
  });

  it('gives up on a connection that is never made', async () => {
    // It accepts, and never answers the TLS handshake: to the client that is a connection still being opened.
    const mute = createTcpServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const baseUrl = `https://127.0.0.1:${portOf(mute)}/api/v1`;
    const impatient = new CompletionClient({ baseUrl, headers: {}, connectTimeoutMs: 100 });
    const call = { path: '/', body: '{}', signal: new AbortController().signal, timeouts: patient };
    await expect(impatient.open(call)).rejects.toMatchObject({ kind: 'unreachable', httpStatus: 503 });
    await impatient.close();
    mute.close();
  });

  it('makes the upstream wait for a slow reader', async () => {
    let written = 0;
    listener = (_request, response) => {
      const blocks = Array.from({ length: 400 }, () => Buffer.alloc(64 * 1024));
      const counted = async function* () {
        for (const block of blocks) {
          written += block.length;
          yield block;
        }
      };
      Readable.from(counted()).pipe(response);
    };
    const response = await open();
    await response.read();
    let before = -1;
    await expect.poll(() => before === (before = written), { interval: 100 }).toBe(true);
    expect(written).toBeLessThan(400 * 64 * 1024);
    expect((await response.readAll(1e9)).length).toBeGreaterThan(written - 64 * 1024 * 2);
  });

  it('refuses a body over the limit', async () => {
    listener = (_request, response) => void response.end(Buffer.alloc(2_000));
    const response = await open();
    await expect(response.readAll(1_000)).rejects.toMatchObject({ kind: 'malformed' });
  });
});

function portOf(server: TcpServer): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return address.port;
}
