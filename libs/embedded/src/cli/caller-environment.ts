import type { Layout } from '../layout.js';
import { readPorts } from '../supervisor/port-book.js';
import { storeUrls } from '../supervisor/store-urls.js';
import { readDemoEnv } from './demo-env.js';

/** Variables that the apps read (docs/configuration.md), as far as people set them in a shell. */
const APP_VARIABLE =
  /^(DEBUG|(LOG|OPENROUTER|EMBEDDING|MODEL|RATE_LIMIT|DEFAULT|CONTEXT|DATABASE|REDIS|AUTH|SENTRY|USAGE)_\w+)$/;

/**
 * The caller's environment without the addresses of this installation's own stores: whoever sourced demo.env means "those
 * that dev.sh runs", and when they do not run they have to be started, not connected to.
 */
export function callerEnvironment(layout: Layout, env = process.env): NodeJS.ProcessEnv {
  const demo = readDemoEnv(layout.demoEnv);
  const ports = readPorts(layout.ports);
  // In demo.env alone it may be an outside store of an earlier start.
  const isOurs = (name: 'DATABASE_URL' | 'REDIS_URL', store: keyof typeof storeUrls): boolean => {
    const port = ports[store];
    return env[name] === demo?.[name] && port !== undefined && env[name] === storeUrls[store](port);
  };
  return {
    ...env,
    ...(isOurs('DATABASE_URL', 'postgres') ? { DATABASE_URL: undefined } : {}),
    ...(isOurs('REDIS_URL', 'redis') ? { REDIS_URL: undefined } : {}),
  };
}

/** Names of app variables that the caller has set to something else than what an app runs with. */
export function changedVariables(caller: NodeJS.ProcessEnv, running: NodeJS.ProcessEnv): string[] {
  return Object.keys(caller)
    .filter((name) => APP_VARIABLE.test(name) && caller[name] && caller[name] !== running[name])
    .toSorted();
}
