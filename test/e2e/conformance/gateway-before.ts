import { inject } from 'vitest';
import { type RunningProcess, startProcess } from '../running-process.js';

/** A further gateway of the suite's product, that asks this upstream in the place of the simulator. */
export const startGatewayBefore = (
  upstreamUrl: string,
  env: Record<string, string> = {},
): Promise<RunningProcess> =>
  startProcess({
    name: `gateway-before-${new URL(upstreamUrl).port}`,
    file: 'dist/apps/gateway/src/main.js',
    readyPath: '/health/ready',
    logDirectory: inject('logDirectory'),
    env: {
      ...inject('productEnv'),
      OPENROUTER_BASE_URL: upstreamUrl,
      // The suite's worker keeps the list of models; nobody is to ask this upstream for it.
      MODEL_CATALOGUE_TTL_SECONDS: '3600',
      ...env,
    },
  });
