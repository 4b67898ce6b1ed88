import { adminKey } from '../e2e/product.js';

/** Answers have many shapes; each caller reads what it needs. */
type Json = ReturnType<typeof JSON.parse>;

/** The public API as one workspace sees it; fails with the answer's body when it is none of success. */
export type GatewayClient = (method: string, path: string, body?: unknown) => Promise<Json>;

/** A new workspace with a key, made as an operator makes them. */
export async function newWorkspace(url: string, name: string): Promise<{ id: string; key: string }> {
  const admin = clientWith(url, adminKey);
  const { id } = await admin('POST', '/admin/workspaces', { name });
  const { key } = await admin('POST', `/admin/workspaces/${id}/api-keys`, { name });
  return { id, key };
}

/** The public API under a key. */
export function clientWith(url: string, key: string): GatewayClient {
  return async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  };
}
