import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
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
    const { socket, close } = await echo();
    const answer = once(socket, 'data');
    socket.write('ping');
    const result = answeredWithin(1, answer);
    stall(200);
    await expect(result).resolves.toBeDefined();
    await close();
  });

  it('does not count the time in which this process was too busy to ask', async () => {
    const { socket, close } = await echo(20);
    // As ioredis does when it pipelines by itself: what is asked in one turn of the event loop leaves at its end.
    setImmediate(() => socket.write('ping'));
    const result = answeredWithin(100, once(socket, 'data'));
    stall(200);
    await expect(result).resolves.toBeDefined();
    await close();
  });
});

function stall(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** A server that gives back what it gets after `delayMs`; in a thread of its own, or it would be as busy as we are. */
async function echo(delayMs = 0): Promise<{ socket: Socket; close: () => Promise<void> }> {
  const server = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const echo = (socket) => socket.on('data', (data) => setTimeout(() => socket.write(data), workerData));
     const server = require('node:net').createServer(echo).listen(0, '127.0.0.1', () =>
       parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: delayMs },
  );
  const [port]: number[] = await once(server, 'message');
  const socket = connect(port ?? 0, '127.0.0.1');
  await once(socket, 'connect');
  const close = async () => {
    socket.destroy();
    await server.terminate();
  };
  return { socket, close };
}
