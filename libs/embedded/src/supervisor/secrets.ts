import { randomBytes } from 'node:crypto';

import { readRecord, writeRecord } from './json-file.js';

/** Secrets of the local installation. */
export interface Secrets {
  readonly API_KEY_PEPPER: string;
  readonly ADMIN_API_KEY: string;
}

/**
 * The secrets to run with: those of the environment, else those kept from the first run, else new ones, which are kept
 * (mode 600), because a new pepper would disable every key.
 */
export function loadSecrets(path: string, env: NodeJS.ProcessEnv): Secrets {
  const kept = readRecord(path, (value) => typeof value === 'string') ?? {};
  const secrets = {
    API_KEY_PEPPER: kept['API_KEY_PEPPER'] ?? randomBytes(32).toString('base64url'),
    ADMIN_API_KEY: kept['ADMIN_API_KEY'] ?? `admin_${randomBytes(24).toString('base64url')}`,
  };
  if (!kept['API_KEY_PEPPER'] || !kept['ADMIN_API_KEY']) writeRecord(path, secrets);
  return {
    API_KEY_PEPPER: env['API_KEY_PEPPER'] || secrets.API_KEY_PEPPER,
    ADMIN_API_KEY: env['ADMIN_API_KEY'] || secrets.ADMIN_API_KEY,
  };
}
