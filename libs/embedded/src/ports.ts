import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOPBACK = '127.0.0.1';

/** A loopback port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error('the operating system gave no port');
  return address.port;
}

/** The first of the wished-for ports that is free, else any free one. */
export async function firstFreePort(wishes: readonly number[]): Promise<number> {
  for (const port of wishes) if (await isFree(port)) return port;
  return freePort();
}

/** Resolves when something accepts connections on the port; rejects after `timeoutMs`. */
export async function untilListening(port: number, timeoutMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !(await accepts(port)); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`nothing listens on port ${port}`);
  }
}

/** Resolves when the port is free, or when `patienceMs` are over. */
export async function untilFree(port: number, patienceMs: number): Promise<void> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline && !(await isFree(port));)
    await sleep(50);
}

/** Somebody may listen on all addresses, which does not always keep us from binding the loopback: ask both ways. */
async function isFree(port: number): Promise<boolean> {
  if (await accepts(port)) return false;
  const server = createServer();
  try {
    server.listen(port, LOOPBACK);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, LOOPBACK);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
