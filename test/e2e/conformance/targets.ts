import { inject } from 'vitest';
import { newTenant } from '../tenant.js';

/** What a client is pointed at. */
export interface Target {
  /** Its API is below `/v1` and `/api/v1`. */
  origin: string;
  apiKey: string;
}

/**
 * The gateway, and what stands in the place of OpenRouter behind it. A spec that holds for both proves that a client cannot tell
 * them apart.
 */
export const targets: [name: string, open: () => Promise<Target>][] = [
  ['the gateway', async () => ({ origin: inject('gatewayUrl'), apiKey: (await newTenant()).key })],
  [
    'the upstream itself',
    () => Promise.resolve({ origin: inject('simulatorUrl'), apiKey: 'sk-or-v1-client' }),
  ],
];
