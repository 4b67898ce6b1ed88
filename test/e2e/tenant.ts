import OpenAI from 'openai';
import { inject } from 'vitest';
import { adminKey } from './product.js';

export interface Tenant {
  workspaceId: string;
  keyId: string;
  key: string;
  openai: OpenAI;
  /** One HTTP call as this tenant. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** Answers have many shapes; each test asserts what it reads. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Answer {
  status: number;
  headers: Headers;
  body: Json;
}

interface TenantOptions {
  workspace?: Record<string, unknown>;
  key?: Record<string, unknown>;
  gatewayUrl?: string;
}

/** A new workspace with a key, made as an operator makes them; every spec has its own, so specs cannot meet. */
export async function newTenant(options: TenantOptions = {}): Promise<Tenant> {
  const url = options.gatewayUrl ?? inject('gatewayUrl');
  const make = (path: string, body: object) =>
    http('POST', url + path, body, { authorization: `Bearer ${adminKey}` });
  const workspace = await make('/admin/workspaces', { name: 'e2e', ...options.workspace });
  const key = await make(`/admin/workspaces/${workspace.body.id}/api-keys`, { name: 'e2e', ...options.key });
  const authorization = `Bearer ${key.body.key}`;
  return {
    workspaceId: workspace.body.id,
    keyId: key.body.public_id,
    key: key.body.key,
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: key.body.key, maxRetries: 0 }),
    call: (method, path, body, headers) => http(method, url + path, body, { authorization, ...headers }),
  };
}

/** One call to the admin API. */
export const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
  http(method, inject('gatewayUrl') + path, body, { authorization: `Bearer ${adminKey}` });

/** One HTTP call; a string is sent as it is, anything else as JSON. */
export async function http(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const json = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : { text } };
}

/** Sets what the simulator does wrong, for calls that carry this tenant's mark; see libs/testing. */
export async function fault(fault: Record<string, unknown>): Promise<void> {
  const answer = await http('POST', `${inject('simulatorUrl')}/__control/faults?add`, fault);
  if (answer.status !== 200)
    throw new Error(`The simulator refused the fault: ${JSON.stringify(answer.body)}`);
}

/** Takes every fault off the simulator: calls on `hold` go on. */
export async function liftFaults(): Promise<void> {
  await http('DELETE', `${inject('simulatorUrl')}/__control/faults`);
}

/** What the simulator served to calls with this `user`. */
export async function upstreamCalls(user: string): Promise<Json[]> {
  const answer = await http(
    'GET',
    `${inject('simulatorUrl')}/__control/calls?user=${encodeURIComponent(user)}`,
  );
  return answer.body.calls;
}

/** Waits for a condition, not for a time; fails with what was last seen. */
export async function until<T>(
  what: string,
  probe: () => Promise<T>,
  done: (seen: T) => boolean,
  limitMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const seen = await probe();
    if (done(seen)) return seen;
    if (Date.now() > deadline)
      throw new Error(`Waited in vain for ${what}; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The error that a promise fails with; a promise that does not fail fails the test. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  const [result] = await Promise.allSettled([promise]);
  if (result.status === 'rejected') return result.reason;
  throw new Error(`It did not fail: ${JSON.stringify(result.value)}`);
}

/** The tokens of the tenant's one call, when the ledger has it. */
export async function tokensInLedger(tenant: Tenant): Promise<number> {
  const report = await until(
    'the call in the ledger',
    () => tenant.call('GET', '/v1/usage'),
    (answer) => answer.body.data?.[0]?.tokens_used > 0,
  );
  return report.body.data[0].tokens_used;
}
