import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBody, readBody } from './read-body.js';

const limit = 10;
let server: Server;
let port: number;
let reading: PromiseWithResolvers<Buffer>;

beforeAll(async () => {
  server = createServer((request: IncomingMessage, response) => {
    const body = hasBody(request) ? readBody(request, limit) : Promise.resolve(Buffer.from('none'));
    reading.resolve(body);
    body.then(
      () => response.end(),
      () => response.destroy(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => server.close());

/** Sends a request as these pieces of text, each a packet of its own, and leaves after the last if it is told to. */
async function read(pieces: string[], leaves = false): Promise<string> {
  reading = Promise.withResolvers();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\n`);
  for (const piece of pieces) {
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(piece);
  }
  if (leaves) socket.destroy();
  try {
    return (await reading.promise).toString();
  } finally {
    socket.destroy();
  }
}

describe('readBody', () => {
  it.each<[string, string[], string]>([
    ['in one piece', ['content-length: 5\r\n\r\nhello'], 'hello'],
    ['in many pieces', ['content-length: 5\r\n\r\n', 'he', 'l', 'lo'], 'hello'],
    [
      'without a length',
      ['transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n', '2\r\n !\r\n0\r\n\r\n'],
      'hello !',
    ],
    ['of nothing', ['content-length: 0\r\n\r\n'], ''],
    ['that just fits', ['content-length: 10\r\n\r\n0123456789'], '0123456789'],
    ['that is not there', ['\r\n'], 'none'],
    ['in its own words', ['content-encoding: Identity\r\ncontent-length: 2\r\n\r\nok'], 'ok'],
  ])('reads a body %s', async (_what, pieces, text) => {
    expect(await read(pieces)).toBe(text);
  });

  it.each<[string, string[], object]>([
    [
      'announced too long',
      ['content-length: 11\r\n\r\n', '01234567890'],
      { httpStatus: 413, code: 'body_too_large' },
    ],
    [
      'not announced, and too long',
      ['transfer-encoding: chunked\r\n\r\n', '6\r\n012345\r\n', '6\r\n012345\r\n0\r\n\r\n'],
      { httpStatus: 413, code: 'body_too_large', message: expect.stringContaining('10 bytes') },
    ],
    [
      'compressed',
      ['content-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx'],
      { httpStatus: 415, code: 'unsupported_content_encoding' },
    ],
  ])('refuses a body %s', async (_what, pieces, error) => {
    await expect(read(pieces)).rejects.toMatchObject(error);
  });

  it('tells a body that breaks off', async () => {
    await expect(read(['content-length: 9\r\n\r\n', 'half'], true)).rejects.toMatchObject({
      httpStatus: 400,
      code: 'body_incomplete',
    });
  });
});
