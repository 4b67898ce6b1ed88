import { serveParent } from './child-life.js';
import { findRedisServer, startNativeRedis } from './native-redis.js';
import { startWasmRedis } from './wasm-redis.js';

/**
 * Redis for one machine: an installed server where there is one, else Valkey as WebAssembly, in a process of its own.
 * Environment: `PORT` (0: any), `DATA_PATH` (installed servers only; unset: nothing is kept), `REDIS_KIND=wasm` never uses
 * an installed server.
 */
await serveParent(() => {
  const { PORT: port = '0', DATA_PATH: dataPath, REDIS_KIND: kind } = process.env;
  const binary = kind === 'wasm' ? undefined : findRedisServer();
  return binary ? startNativeRedis(binary, Number(port), dataPath) : startWasmRedis(Number(port));
});
