import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import express, { type NextFunction, type Request, type Response } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonBody } from './body.middleware.js';
import { toGatewayError } from './error-mapping.js';
import { openState, rawBodyOf } from './request-state.js';

const limit = 1_000;
let server: Server;

beforeAll(async () => {
  const app = express();
  app.use((request, _response, next) => {
    openState(request, 'id');
    next();
  });
  app.use(jsonBody(limit));
  app.use((request, response) => {
    response.json({ body: request.body ?? null, raw: rawBodyOf(request).toString() });
  });
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const { httpStatus, code, param } = toGatewayError(error);
    response.status(httpStatus).json({ code, param });
  });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

async function send(path: string, body: string | Buffer<ArrayBuffer>, headers = {}, method = 'POST') {
  const { port } = server.address() as AddressInfo;
  const init = { method, body, headers: { 'content-type': 'application/json', ...headers } };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, ...((await response.json()) as object) };
}

describe('jsonBody', () => {
  it('parses a body of ours and keeps its bytes', async () => {
    const body = ' {"content": "caf\\u00e9"}';
    expect(await send('/v1/context/items', body)).toEqual({
      status: 200,
      body: { content: 'café' },
      raw: body,
    });
  });

  it.each(['/v1/chat/completions', '/v1/embeddings'])('leaves %s to its own reader', async (path) => {
    expect(await send(path, '{not even json')).toEqual({ status: 200, body: null, raw: '{not even json' });
  });

  it('takes a DELETE without a body, as clients send it with a content type', async () => {
    expect(await send('/v1/x', '', {}, 'DELETE')).toMatchObject({ status: 200, body: null });
  });

  it('takes a POST with nothing to say, but not one that says it in another way than JSON', async () => {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/v1/x`, { method: 'POST' });
    expect(await answer.json()).toMatchObject({ body: null });
    expect(await send('/v1/x', '')).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(await send('/v1/x', '', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  });

  it.each<[string, string, string | Buffer<ArrayBuffer>, Record<string, string>, object]>([
    ['text that is not JSON', '/v1/x', '{"a":', {}, { status: 400, code: 'invalid_json' }],
    ['__proto__', '/v1/x', '{"a":{"__proto__":{}}}', {}, { status: 400, param: '__proto__' }],
    [
      'another type',
      '/v1/chat/completions',
      'a=1',
      { 'content-type': 'text/plain' },
      { status: 415, code: 'unsupported_media_type' },
    ],
    ['too many bytes', '/v1/embeddings', 'x'.repeat(limit + 1), {}, { status: 413, code: 'body_too_large' }],
    [
      'a compressed body, however small',
      '/v1/x',
      gzipSync('{}'),
      { 'content-encoding': 'gzip' },
      { status: 415, code: 'unsupported_content_encoding' },
    ],
    [
      'an unknown compression',
      '/v1/x',
      '{}',
      { 'content-encoding': 'snappy' },
      { status: 415, code: 'unsupported_content_encoding' },
    ],
  ])('refuses %s', async (_what, path, body, headers, refusal) => {
    expect(await send(path, body, headers)).toMatchObject(refusal);
  });
});
