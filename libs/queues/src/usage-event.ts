/** The Redis stream that settled calls are put on and that the ledger's writer reads. One field a message: `event`, JSON. */
export const usageStream = 'usage:events';

/** Where a call's token counts come from; `none`: nothing was generated, so there is nothing to count. */
export type UsageSource = 'provider' | 'generation' | 'estimated' | 'none';

/** One call in the ledger: the row of `usage_events`, and the message on the stream. */
export interface UsageEvent {
  /** The call's id (UUID): the ledger holds each at most once. */
  readonly id: string;
  readonly workspaceId: string;
  /** The key's public id. */
  readonly keyId: string;
  readonly requestId: string;
  readonly operation: 'chat' | 'embeddings';
  readonly model: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** HTTP status that the caller saw; 499: it left before the answer was whole. */
  readonly statusCode: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Tokens of recalled context among the prompt's. */
  readonly contextTokens: number;
  /** US dollars as an exact decimal, `0.0000123`; null: unknown. */
  readonly cost: string | null;
  readonly source: UsageSource;
  readonly latencyMs: number;
  /** The upstream's id of the generation. */
  readonly generationId: string | null;
  readonly receiptId: string | null;
  /** RFC 3339: when the call was admitted, by Redis' clock. The day it counts for. */
  readonly createdAt: string;
}

/** What only the call itself knows; the admission adds who made it and when. */
export type CallUsage = Omit<UsageEvent, 'id' | 'workspaceId' | 'keyId' | 'createdAt'>;
