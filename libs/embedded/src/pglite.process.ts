import { resolve } from 'node:path';

import { serveParent } from './child-life.js';
import { acquireDataLock } from './data-lock.js';
import { openPglite } from './pglite-engine.js';
import { startMultiplexer } from './wire/multiplexer.js';

/**
 * PostgreSQL for one machine: PGlite behind the multiplexer, in a process of its own because a query blocks its event loop.
 * Environment: `DATA_PATH` (unset: in memory), `PORT` (0: any), `IDLE_IN_TRANSACTION_MS`.
 */
await serveParent(async () => {
  const { DATA_PATH: dataPath, PORT: port = '0', IDLE_IN_TRANSACTION_MS: idle = '5000' } = process.env;
  const path = dataPath === undefined ? undefined : resolve(dataPath);
  // The process of a supervisor that was killed needs a moment to write its data and go.
  const lock = path === undefined ? undefined : await acquireDataLock(`${path}.lock`, { waitMs: 15_000 });
  const engine = await openPglite(path);
  const multiplexer = await startMultiplexer({
    engine,
    parameters: engine.parameters,
    port: Number(port),
    idleInTransactionMs: Number(idle),
    onBroken: (error) => {
      console.error('the embedded database is broken and has to start again:', error);
      lock?.release();
      process.exit(1);
    },
  });
  return {
    port: multiplexer.port,
    async close() {
      await multiplexer.close();
      await engine.close();
      lock?.release();
    },
  };
});
