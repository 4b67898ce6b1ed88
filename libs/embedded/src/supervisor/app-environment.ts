import type { Secrets } from './secrets.js';

/** Addresses of the parts that the apps talk to. */
export interface Addresses {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Base URL of the simulator; undefined when a real upstream is configured. */
  readonly simulatorUrl: string | undefined;
  readonly embeddedDatabase: boolean;
}

/** Is there no upstream to talk to, so that the simulator stands in? Never in production. */
export function wantsSimulator(env: NodeJS.ProcessEnv): boolean {
  return !env['OPENROUTER_API_KEY'] && !env['OPENROUTER_BASE_URL'] && env['NODE_ENV'] !== 'production';
}

/** The environment of gateway and worker: what the operator set wins over what is set here. */
export function appEnvironment(
  env: NodeJS.ProcessEnv,
  secrets: Secrets,
  addresses: Addresses,
): NodeJS.ProcessEnv {
  const { databaseUrl, redisUrl, simulatorUrl, embeddedDatabase } = addresses;
  return {
    HOST: '127.0.0.1',
    // The embedded database has one session: more connections only wait for each other.
    // And everything shares one machine: what would be an outage in a data centre is a busy laptop here.
    ...(embeddedDatabase ? { DATABASE_POOL_SIZE: '2', REDIS_COMMAND_TIMEOUT_MS: '300' } : {}),
    ...env,
    ...secrets,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    ...(simulatorUrl ? { OPENROUTER_BASE_URL: simulatorUrl, OPENROUTER_API_KEY: 'demo' } : {}),
  };
}
