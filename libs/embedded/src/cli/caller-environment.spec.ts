import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Layout, layoutOf } from '../layout.js';
import { callerEnvironment, changedVariables } from './caller-environment.js';
import { renderEnv } from './demo-env.js';

const OURS = {
  DATABASE_URL: 'postgres://postgres@127.0.0.1:5432/postgres',
  REDIS_URL: 'redis://127.0.0.1:6379',
};
const OUTSIDE = { DATABASE_URL: 'postgres://me@db.example/app', REDIS_URL: 'redis://cache.example' };

let layout: Layout;
beforeEach(() => {
  layout = layoutOf(mkdtempSync(join(tmpdir(), 'caller-environment-')));
  writeFileSync(layout.ports, '{"postgres": 5432, "redis": 6379}');
});
afterEach(() => rmSync(layout.dataDir, { recursive: true, force: true }));

function lastStartedWith(stores: typeof OURS): void {
  const demo = { GATEWAY_URL: 'u', GATEWAY_KEY: 'k', ADMIN_API_KEY: 'a', WORKSPACE_ID: 'w', ...stores };
  writeFileSync(layout.demoEnv, renderEnv(demo));
}

describe('callerEnvironment', () => {
  it('takes the addresses of a sourced demo.env for our own stores', () => {
    lastStartedWith(OURS);
    const env = callerEnvironment(layout, { ...OURS, HOME: '/root' });
    expect(env).toEqual({ HOME: '/root', DATABASE_URL: undefined, REDIS_URL: undefined });
  });

  it('keeps outside stores, also when an earlier start wrote them down', () => {
    lastStartedWith(OUTSIDE);
    expect(callerEnvironment(layout, OUTSIDE)).toEqual(OUTSIDE);
    expect(callerEnvironment(layout, OURS)).toEqual(OURS);
  });

  it('keeps everything before the first start', () => {
    rmSync(layout.ports);
    expect(callerEnvironment(layout, OURS)).toEqual(OURS);
  });
});

describe('changedVariables', () => {
  it('names what is set differently, and only what the apps read', () => {
    const running = { LOG_LEVEL: 'info', RATE_LIMIT_REQUESTS: '5', PATH: '/a', DEBUG: 'true' };
    const caller = { LOG_LEVEL: 'DEBUG', RATE_LIMIT_REQUESTS: '5', PATH: '/b', EMBEDDING_THREADS: '2' };
    expect(changedVariables(caller, running)).toEqual(['EMBEDDING_THREADS', 'LOG_LEVEL']);
  });
});
