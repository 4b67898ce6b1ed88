import { pathToFileURL } from 'node:url';

import { builtFile, repoRoot } from '../layout.js';

/** The built files that a supervisor runs. Tests put stand-ins here. */
export interface Programs {
  readonly postgres: string;
  readonly redis: string;
  readonly migrate: string;
  readonly simulator: string;
  readonly gateway: string;
  readonly worker: string;
  /** Working directory of all of them. */
  readonly cwd: string;
}

/** Preloaded into every child: see there. */
export const endWithParent = pathToFileURL(builtFile('libs/embedded/src/end-with-parent.process.js')).href;

/** The programs of this repository. */
export const ownPrograms: Programs = {
  postgres: builtFile('libs/embedded/src/pglite.process.js'),
  redis: builtFile('libs/embedded/src/redis.process.js'),
  migrate: builtFile('migrations/run.js'),
  simulator: builtFile('libs/testing/src/simulator.process.js'),
  gateway: builtFile('apps/gateway/src/main.js'),
  worker: builtFile('apps/worker/src/main.js'),
  cwd: repoRoot,
};
