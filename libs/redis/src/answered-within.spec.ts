import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { answeredWithin, RedisTimeoutError } from './answered-within.js';

describe('answeredWithin', () => {
  it('gives the answer, or its failure, as it came', async () => {
    await expect(answeredWithin(1_000, Promise.resolve(7))).resolves.toBe(7);
    await expect(answeredWithin(1_000, Promise.reject(new Error('WRONGTYPE')))).rejects.toThrow('WRONGTYPE');
  });

  it('calls time on an answer that does not come', async () => {
    await expect(answeredWithin(1, new Promise(() => undefined))).rejects.toThrow(RedisTimeoutError);
  });

  it('reads an answer that came while this process was busy', async () => {
    // In a thread of its own, or the server would be as busy as we are.
    const echo = new Worker(
      `const server = require('node:net').createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1', () =>
         require('node:worker_threads').parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    const [port]: number[] = await once(echo, 'message');
    const socket = connect(port ?? 0, '127.0.0.1');
    await once(socket, 'connect');
    const answer = once(socket, 'data');
    socket.write('ping');
    const result = answeredWithin(1, answer);
    const stallUntil = performance.now() + 200;
    while (performance.now() < stallUntil);
    await expect(result).resolves.toBeDefined();
    socket.destroy();
    await echo.terminate();
  });
});
