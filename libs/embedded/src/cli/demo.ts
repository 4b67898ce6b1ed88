import { writeFileSync } from 'node:fs';

import type { SupervisorStatus } from '../supervisor/supervisor.js';
import { postJson } from './api.js';
import { CommandFailed, say } from './console.js';
import { type CommandContext, urlOf } from './context.js';
import { type DemoEnv, readDemoEnv, renderEnv } from './demo-env.js';
import { seedWith } from './seed.command.js';

/**
 * Sees to it that a demo workspace with a key and real content exists. Resolves true when it was made now. Addresses in
 * demo.env are brought up to date on every start, because ports may have changed.
 */
export async function ensureDemo(context: CommandContext, status: SupervisorStatus): Promise<boolean> {
  const gatewayUrl = urlOf(status, 'gateway');
  const { ADMIN_API_KEY = '', DATABASE_URL = '', REDIS_URL = '' } = await context.control.environment();
  if (!gatewayUrl) throw new CommandFailed('The gateway does not run');
  const kept = readDemoEnv(context.layout.demoEnv);
  const account = kept ?? (await createAccount(gatewayUrl, ADMIN_API_KEY));
  const { GATEWAY_KEY, WORKSPACE_ID } = account;
  const env: DemoEnv = {
    GATEWAY_URL: gatewayUrl,
    GATEWAY_KEY,
    ADMIN_API_KEY,
    WORKSPACE_ID,
    DATABASE_URL,
    REDIS_URL,
  };
  writeFileSync(context.layout.demoEnv, renderEnv(env), { mode: 0o600 });
  if (kept) return false;
  if (status.processes.some(({ name }) => name === 'worker')) await seedWith(env);
  else say('Not seeded: the worker does not run. Later: ./scripts/dev.sh start && ./scripts/dev.sh seed');
  return true;
}

async function createAccount(
  gatewayUrl: string,
  adminKey: string,
): Promise<Pick<DemoEnv, 'GATEWAY_KEY' | 'WORKSPACE_ID'>> {
  say('Creating the workspace "demo" and its key …');
  const workspace = await postJson(`${gatewayUrl}/admin/workspaces`, adminKey, { name: 'demo' });
  const id = text(workspace, 'id');
  const key = await postJson(`${gatewayUrl}/admin/workspaces/${id}/api-keys`, adminKey, { name: 'demo' });
  return { WORKSPACE_ID: id, GATEWAY_KEY: text(key, 'key') };
}

function text(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw new CommandFailed(`The gateway's answer has no ${name}`);
  return value;
}
