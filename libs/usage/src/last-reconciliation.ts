import { Injectable } from '@nestjs/common';
import { isJsonObject, parseJson } from '#common';
import { RedisCommands } from '#redis';

/** How the last comparison of quotas and ledger went; stored as it is answered. */
export interface QuotaReconciliation {
  /** RFC 3339. */
  finished_at: string;
  /** The one it was asked for; null: as many as one run takes, in turn. */
  workspace_id: string | null;
  /** Workspaces looked at. */
  workspaces: number;
  /** Of these, how many had another count than the ledger. */
  drifting: number;
  /** Tokens by which they were off, without their signs. */
  drift_tokens: number;
  /** Reservations that lapsed and were given back. */
  reservations_reaped: number;
  /** Reservations whose call was in the ledger, settled by it. */
  reservations_settled: number;
  /** Slots of calls in flight that were freed. */
  slots_reaped: number;
}

/** How the last look at OpenRouter's records went; stored as it is answered. */
export interface EstimateCorrection {
  /** RFC 3339. */
  finished_at: string;
  /** Events looked up. */
  looked_up: number;
  corrected: number;
  /** Given up: no record within a day. */
  given_up: number;
  /** Events that wait for a record still. */
  pending: number;
}

/** The last runs; null before the first, and after Redis lost its memory. */
export interface LastReconciliation {
  quotas: QuotaReconciliation | null;
  estimates: EstimateCorrection | null;
}

const key = 'reconciliation:last';

/** What the last runs found, in a Redis hash of two fields of JSON. */
@Injectable()
export class ReconciliationLog {
  constructor(private readonly redis: RedisCommands) {}

  async writeQuotas(run: QuotaReconciliation): Promise<void> {
    await this.redis.hset(key, 'quotas', JSON.stringify(run));
  }

  async writeEstimates(run: EstimateCorrection): Promise<void> {
    await this.redis.hset(key, 'estimates', JSON.stringify(run));
  }

  async read(): Promise<LastReconciliation> {
    const stored = await this.redis.hgetall(key);
    const quotas = parseJson(stored['quotas'] ?? '');
    const estimates = parseJson(stored['estimates'] ?? '');
    return {
      quotas: isQuotaReconciliation(quotas) ? quotas : null,
      estimates: isEstimateCorrection(estimates) ? estimates : null,
    };
  }
}

const isNumber = (value: unknown): boolean => typeof value === 'number';
const isText = (value: unknown): boolean => typeof value === 'string';

/** What another version of ours wrote is as good as nothing. */
const quotaFields: Record<keyof QuotaReconciliation, (value: unknown) => boolean> = {
  finished_at: isText,
  workspace_id: (value) => value === null || isText(value),
  workspaces: isNumber,
  drifting: isNumber,
  drift_tokens: isNumber,
  reservations_reaped: isNumber,
  reservations_settled: isNumber,
  slots_reaped: isNumber,
};

const estimateFields: Record<keyof EstimateCorrection, (value: unknown) => boolean> = {
  finished_at: isText,
  looked_up: isNumber,
  corrected: isNumber,
  given_up: isNumber,
  pending: isNumber,
};

const isQuotaReconciliation = (value: unknown): value is QuotaReconciliation => hasFields(value, quotaFields);
const isEstimateCorrection = (value: unknown): value is EstimateCorrection =>
  hasFields(value, estimateFields);

const hasFields = (value: unknown, checks: Record<string, (value: unknown) => boolean>): boolean =>
  isJsonObject(value) && Object.entries(checks).every(([field, check]) => check(value[field]));
