import { readFile } from 'node:fs/promises';
import { until } from '../tenant.js';

/** Reads how much a process started with {@link inspectable} really holds. */
export interface HeapProbe {
  /** Bytes that are still in use after a full collection: what is reachable, and nothing else. */
  liveBytes(): Promise<number>;
  close(): void;
}

/** For the environment of a process whose heap is to be read: the inspector on a free port of this machine only. */
export const inspectable = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** @param logFile where the process says the address of its inspector */
export async function probeHeap(logFile: string): Promise<HeapProbe> {
  const address = await until(
    'the address of the inspector',
    async () => /ws:\/\/127\.0\.0\.1:\S+/.exec(await readFile(logFile, 'utf8'))?.[0],
    (found) => found !== undefined,
  );
  const socket = new WebSocket(address ?? '');
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  const ask = asker(socket);
  return {
    async liveBytes() {
      await ask('HeapProfiler.collectGarbage');
      const { usedSize, backingStorageSize } = await ask('Runtime.getHeapUsage');
      return Number(usedSize) + Number(backingStorageSize);
    },
    close: () => socket.close(),
  };
}

/** One command of the inspector at a time. */
function asker(socket: WebSocket): (method: string) => Promise<Record<string, unknown>> {
  let id = 0;
  return (method) =>
    new Promise((resolve) => {
      const asked = ++id;
      const onMessage = ({ data }: MessageEvent) => {
        const reply: { id?: number; result?: Record<string, unknown> } = JSON.parse(String(data));
        if (reply.id !== asked) return;
        socket.removeEventListener('message', onMessage);
        resolve(reply.result ?? {});
      };
      socket.addEventListener('message', onMessage);
      socket.send(JSON.stringify({ id: asked, method }));
    });
}
