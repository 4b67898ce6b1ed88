import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControlClient } from '../cli/control-client.js';
import { type Layout, layoutOf } from '../layout.js';
import { startControlServer } from './control-server.js';
import type { Programs } from './programs.js';
import { Supervisor } from './supervisor.js';

// Stand-ins for the real programs: they write down their environment, and serve or report as the real ones do.
const NOTE = `require('node:fs').writeFileSync(process.argv[1] + '.env.json', JSON.stringify(process.env));`;
const STORE = `${NOTE} process.send({ port: Number(process.env.PORT) }); process.on('disconnect', () => process.exit());`;
const APP = `${NOTE} console.log('{"message":"hello"}');
  require('node:http').createServer((request, response) => request.url === '/crash' ? process.exit(7) : response.end('{}'))
    .listen(process.env.WORKER_HEALTH_PORT ?? process.env.PORT, '127.0.0.1');`;

let directory: string;
let layout: Layout;
let programs: Programs;
let events: string[];
let running: Supervisor[];
let controls: Server[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supervisor-'));
  layout = layoutOf(join(directory, 'data'));
  mkdirSync(layout.logs, { recursive: true });
  const program = (name: string, code: string): string => {
    const file = join(directory, `${name}.cjs`);
    writeFileSync(file, code);
    return file;
  };
  programs = {
    postgres: program('postgres', STORE),
    redis: program('redis', STORE),
    simulator: program('simulator', STORE),
    migrate: program('migrate', NOTE),
    gateway: program('gateway', APP),
    worker: program('worker', APP.replaceAll('process.env.PORT', '0')),
    cwd: directory,
  };
  [events, running, controls] = [[], [], []];
});

afterEach(async () => {
  for (const control of controls) control.close();
  await Promise.all(running.map((supervisor) => supervisor.stop()));
  rmSync(directory, { recursive: true, force: true });
});

function supervise(env: NodeJS.ProcessEnv = {}): Supervisor {
  const supervisor = new Supervisor(layout, programs, env, (_level, event) => events.push(event));
  running.push(supervisor);
  return supervisor;
}

const environmentOf = (name: keyof Programs): Record<string, string> =>
  JSON.parse(readFileSync(`${programs[name]}.env.json`, 'utf8'));

const processOf = (supervisor: Supervisor, name: string) =>
  supervisor.status.processes.find((one) => one.name === name);

describe('Supervisor', () => {
  it('starts stores, migrations, simulator and apps, and tells each what it needs', async () => {
    writeFileSync(programs.migrate, `${NOTE} console.log('starting'); console.log('Migrated: three');`);
    const supervisor = supervise();
    await supervisor.start(['gateway', 'worker']);
    expect(supervisor.status).toMatchObject({ started: true, failed: false, demo: true });
    expect(supervisor.status.steps.find(({ name }) => name === 'migrations')?.detail).toBe('Migrated: three');
    const { port } = processOf(supervisor, 'simulator') ?? {};
    expect(environmentOf('gateway')).toMatchObject({
      OPENROUTER_API_KEY: 'demo',
      OPENROUTER_BASE_URL: `http://127.0.0.1:${port}/api/v1`,
      DATABASE_URL: expect.stringMatching(/^postgres:/),
      REDIS_URL: expect.stringMatching(/^redis:/),
      ADMIN_API_KEY: expect.stringMatching(/^admin_/),
    });
    expect(environmentOf('migrate')['DATABASE_URL']).toBe(environmentOf('worker')['DATABASE_URL']);
    expect(environmentOf('postgres')['DATA_PATH']).toBe(layout.postgres);
    await expect.poll(() => readFileSync(join(layout.logs, 'app.log'), 'utf8')).toBe('{"message":"hello"}\n');
  });

  it('starts nothing that is given from outside', async () => {
    const env = {
      DATABASE_URL: 'postgres://elsewhere/db',
      REDIS_URL: 'redis://elsewhere',
      OPENROUTER_API_KEY: 'key',
    };
    const supervisor = supervise(env);
    await supervisor.start(['gateway']);
    expect(supervisor.status.processes.map(({ name }) => name)).toEqual(['gateway']);
    expect(environmentOf('gateway')).toMatchObject(env);
  });

  it('never starts the simulator in production', async () => {
    const supervisor = supervise({ NODE_ENV: 'production' });
    await supervisor.start([]);
    expect(processOf(supervisor, 'simulator')).toBeUndefined();
  });

  it('keeps secrets and ports over a restart, and secrets to their owner', async () => {
    await supervise().start(['gateway']);
    const before = environmentOf('gateway');
    await running[0]?.stop();
    await supervise().start(['gateway']);
    const after = environmentOf('gateway');
    for (const name of ['API_KEY_PEPPER', 'ADMIN_API_KEY', 'PORT', 'DATABASE_URL'])
      expect(after[name]).toBe(before[name]);
    expect(statSync(layout.secrets).mode & 0o777).toBe(0o600);
  });

  it('starts a crashed app again', async () => {
    const supervisor = supervise();
    await supervisor.start(['gateway']);
    const first = processOf(supervisor, 'gateway');
    await fetch(`http://127.0.0.1:${first?.port}/crash`).catch(() => {});
    await expect.poll(() => processOf(supervisor, 'gateway')?.state, { timeout: 10_000 }).toBe('restarting');
    await expect.poll(() => processOf(supervisor, 'gateway')?.state, { timeout: 10_000 }).toBe('ready');
    expect(processOf(supervisor, 'gateway')?.pid).not.toBe(first?.pid);
  });

  it('says which step failed, and where its log is', async () => {
    writeFileSync(programs.migrate, `console.error('no such table'); process.exit(1)`);
    const supervisor = supervise();
    await supervisor.start(['gateway']);
    const step = supervisor.status.steps.find(({ state }) => state === 'failed');
    expect(supervisor.status).toMatchObject({ started: false, failed: true });
    expect(step).toMatchObject({ name: 'migrations', detail: 'no such table' });
    expect(readFileSync(step?.log_file ?? '', 'utf8')).toContain('no such table');
  });

  it('is controlled over its socket, by its owner only', async () => {
    const supervisor = supervise();
    await supervisor.start(['gateway']);
    let stopped = false;
    controls.push(await startControlServer(layout.socket, supervisor, () => (stopped = true)));
    expect(statSync(layout.socket).mode & 0o777).toBe(0o600);
    const client = new ControlClient(layout.socket);
    const before = await client.status();
    rmSync(`${programs.migrate}.env.json`);
    await client.restart('gateway', { LOG_LEVEL: 'debug', DEBUG: undefined });
    expect(environmentOf('migrate')).toHaveProperty('DATABASE_URL');
    const after = await client.status();
    const pidOf = (status: typeof after) => status?.processes.find(({ name }) => name === 'gateway')?.pid;
    expect(pidOf(after)).not.toBe(pidOf(before));
    expect(environmentOf('gateway')).toMatchObject({ LOG_LEVEL: 'debug' });
    expect(await client.environment('gateway')).toMatchObject({ LOG_LEVEL: 'debug' });
    expect(await client.environment()).toHaveProperty('ADMIN_API_KEY');
    expect(await client.environment()).not.toHaveProperty('LOG_LEVEL');
    await client.restart('gateway', { LOG_LEVEL: undefined, DEBUG: undefined });
    expect(environmentOf('gateway')).not.toHaveProperty('LOG_LEVEL');
    await client.stop();
    expect(stopped).toBe(true);
  });

  it('ends everything it started', async () => {
    const supervisor = supervise();
    await supervisor.start(['gateway', 'worker']);
    const pids = supervisor.status.processes.map(({ pid }) => pid ?? 0);
    await supervisor.stop();
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });
});
