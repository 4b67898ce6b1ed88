import { readdir } from 'node:fs/promises';
import type { ServedCall } from '#testing';
import type { Stage } from './stage.js';

/** A row of `usage_events` as far as it is compared. */
export interface LedgerRow {
  id: string;
  workspace_id: string;
  request_id: string;
  generation_id: string | null;
  source: string;
  tokens: number;
}

/** What everybody has written down. */
export interface Books {
  readonly ledger: readonly LedgerRow[];
  /** Completions, as the simulator served them. */
  readonly served: readonly ServedCall[];
  /** Of each workspace that called today (UTC): what its quota key says, and what the ledger does. */
  readonly days: readonly { workspaceId: string; quota: number | undefined; ledger: number }[];
  /** Members of `quota:reservations:*` and `rate_limit:parallel:*`, by key. */
  readonly held: readonly { key: string; members: number; lapsesAt: number }[];
  /** Messages on the stream of events, and on that of the refused ones. */
  readonly onStream: number;
  readonly spooled: readonly string[];
}

/** Reads them all. */
export async function readBooks(stage: Stage): Promise<Books> {
  const [ledger, sums, { calls }, spooled] = await Promise.all([
    stage.query<LedgerRow>(
      `SELECT id, workspace_id, request_id, generation_id, source, tokens_used::float8 AS tokens FROM usage_events`,
    ),
    stage.query<{ workspace_id: string; tokens: number }>(
      `SELECT workspace_id, sum(tokens_used)::float8 AS tokens FROM usage_events
       WHERE created_at >= date_trunc('day', now(), 'UTC') GROUP BY workspace_id`,
    ),
    stage.control('GET', 'calls?endpoint=chat'),
    readdir(stage.product.spoolDirectory).catch(() => []),
  ]);
  return await stage.inRedis(async (redis) => {
    const quotaOf = async (workspaceId: string) => {
      const text = await redis.get(`quota:daily:${workspaceId}`);
      return text === null ? undefined : Number(text);
    };
    const days = sums.map(async ({ workspace_id: workspaceId, tokens: ledger }) => {
      const quota = await quotaOf(workspaceId);
      return { workspaceId, ledger, quota };
    });
    const keys = await Promise.all([redis.keys('quota:reservations:*'), redis.keys('rate_limit:parallel:*')]);
    const held = keys.flat().map(async (key) => {
      const [, lapsesAt = 0] = await redis.zrange(key, '-1', '-1', 'WITHSCORES');
      return { key, members: await redis.zcard(key), lapsesAt: Number(lapsesAt) };
    });
    return {
      ledger,
      served: calls,
      spooled,
      days: await Promise.all(days),
      held: await Promise.all(held),
      onStream: (await redis.xlen('usage:events')) + (await redis.xlen('usage:events:refused')),
    };
  });
}

/** Has the worker reconcile these workspaces now instead of by the clock. @returns false when the gateway knows of no such thing */
export async function reconcile(stage: Stage, workspaceIds: ReadonlySet<string>): Promise<boolean> {
  try {
    for (const workspace_id of workspaceIds) await stage.admin('/admin/reconciliation', { workspace_id });
    return true;
  } catch {
    return false;
  }
}
