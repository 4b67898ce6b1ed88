/** What a report may be cut by. `none`: one row for the whole time. */
export const usageGroups = ['none', 'hour', 'day', 'month', 'key', 'model', 'status'] as const;

export type UsageGroup = (typeof usageGroups)[number];

/** Which calls are summed up, and how. */
export interface UsageQuery {
  /** Included. */
  start: Date;
  /** Excluded; when it is not past, all that is there is included. */
  end: Date;
  /** The present. */
  now: Date;
  groups: readonly UsageGroup[];
  limit: number;
  cursor: string | null;
}

/** One row of a report. What it is not cut by is null. */
export interface UsageTotals {
  /** Start of the hour, day or month (UTC); of the report when it is not cut by time. */
  startTime: Date;
  keyId: string | null;
  model: string | null;
  status: string | null;
  requests: number;
  promptTokens: number;
  completionTokens: number;
  contextTokens: number;
  tokensUsed: number;
  /** US dollars, exact decimal; calls of unknown cost are not in it. */
  cost: string;
}
