/**
 * The one contract between those who queue work and those who do it: queue → job name → payload. Payloads carry ids, not
 * content: the rows are the truth, a job is only a nudge, and a lost one is found again by the sweeper.
 */
export interface JobContracts {
  'context-memory': {
    /** Embed the named items of a workspace (those still pending). */
    'embed-items': { workspace_id: string; item_ids: string[] };
    /** Re-queue what a crash or a lost queue left pending. */
    'sweep-items': Record<string, never>;
    /** Ask the workspaces whose turn it is for items of their own, and note how many come back. */
    'probe-recall': Record<string, never>;
    /** Give what is stored its vectors in the embedding spaces that lack them. */
    'fill-spaces': Record<string, never>;
  };
  /** Beside memory's own: asking many queries must not keep others' items from being embedded. */
  'working-sets': {
    /** Ask the queries of a workspace's working sets again, if its items have changed. */
    'refresh-working-sets': { workspace_id: string };
    /** Queue the workspaces whose items have changed. */
    'sweep-working-sets': Record<string, never>;
  };
  'context-files': {
    /** Parse an uploaded file and store its text. */
    'parse-file': { workspace_id: string; file_id: string };
  };
  usage: {
    /** Make the ledger's partitions for the months to come. */
    'ensure-partitions': Record<string, never>;
    /** Drop the ledger's partitions that are older than it keeps events. */
    'drop-partitions': Record<string, never>;
    /** Hold the quotas in Redis against the ledger: one workspace's, or those whose turn it is. */
    'reconcile-quotas': { workspace_id?: string };
    /** Correct estimated usage by the upstream's own records. */
    'correct-estimates': Record<string, never>;
  };
  models: {
    /** Store the upstream's model list. */
    'sync-models': Record<string, never>;
  };
}

export type QueueName = keyof JobContracts;
export type JobName<Q extends QueueName> = keyof JobContracts[Q] & string;
export type JobPayload<Q extends QueueName, J extends JobName<Q>> = JobContracts[Q][J];

export const queueNames: readonly QueueName[] = [
  'context-memory',
  'context-files',
  'working-sets',
  'usage',
  'models',
];
