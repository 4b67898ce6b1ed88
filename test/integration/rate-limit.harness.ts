import { newId, systemClock } from '#common';
import type { CallUsage, UsageEvent } from '#queues';
import {
  type LimitedCaller,
  LimitStore,
  LocalLimiter,
  QuotaLedger,
  RateLimiter,
  RedisGate,
  SettleStore,
  Settlement,
  UsageSink,
} from '#rate-limit';
import type { StoreClients } from './store-clients.js';

/** Keeps what Redis could not take. */
export class MemorySink extends UsageSink {
  readonly events: UsageEvent[] = [];
  record(event: UsageEvent): Promise<void> {
    this.events.push(event);
    return Promise.resolve();
  }
}

/** A ledger that knows what it is told. */
export class MemoryLedger extends QuotaLedger {
  readonly used = new Map<string, number>();
  asked = 0;
  override usedOn(workspaceId: string): Promise<number> {
    this.asked += 1;
    return Promise.resolve(this.used.get(workspaceId) ?? 0);
  }
}

export interface LimiterOptions {
  lapseAfterMs?: number;
  timeoutMs?: number;
  failMode?: 'local' | 'open' | 'closed';
  sink?: UsageSink;
  ledger?: QuotaLedger;
}

/** A limiter as one process has it. */
export interface TestLimiter {
  limiter: RateLimiter;
  settlement: Settlement;
}

export const longMs = 600_000;
// What is counted here must not depend on how fast a busy machine counts; the specs about a slow Redis say so themselves.
const patientMs = 5_000;

export function limiterOf({ redis, logger }: StoreClients, options: LimiterOptions = {}): TestLimiter {
  const gate = new RedisGate(options.timeoutMs ?? patientMs);
  const local = new LocalLimiter();
  const sink = options.sink ?? new MemorySink();
  const settlement = new Settlement({ store: new SettleStore(redis), gate, sink, local, logger });
  const limiter = new RateLimiter({
    store: new LimitStore(redis, options.lapseAfterMs ?? longMs),
    gate,
    ledger: options.ledger ?? new MemoryLedger(),
    local,
    settlement,
    failMode: options.failMode ?? 'local',
    clock: systemClock,
    logger,
  });
  return { limiter, settlement };
}

/** A caller of its own workspace, limited by nothing but what is said. */
export const callerWith = (
  limits: Partial<LimitedCaller['limits']>,
  workspaceId = newId(),
): LimitedCaller => ({
  workspaceId,
  keyId: '0123456789abcdef',
  keyHash: newId(),
  limits: {
    requests: 1_000_000,
    windowSeconds: 3_600,
    tokens: 0,
    parallel: 0,
    workspaceRequests: 0,
    workspaceWindowSeconds: 3_600,
    dailyTokens: 1_000_000,
    shadow: [],
    ...limits,
  },
});

export const usageOf = (promptTokens: number, completionTokens: number): CallUsage => ({
  requestId: 'request',
  operation: 'chat',
  model: 'demo/echo',
  status: 'completed',
  statusCode: 200,
  promptTokens,
  completionTokens,
  contextTokens: 0,
  cost: null,
  source: 'provider',
  latencyMs: 5,
  generationId: null,
  receiptId: null,
});

/** Everything a limit lives in, as operators would read it. */
export async function counters({ redis }: StoreClients, { keyHash, workspaceId }: LimitedCaller) {
  return {
    requests: await redis.get(`rate_limit:api_key:${keyHash}`),
    tokens: await redis.get(`rate_limit:tokens:${keyHash}`),
    parallel: await redis.zcard(`rate_limit:parallel:${keyHash}`),
    workspace: await redis.get(`rate_limit:workspace:${workspaceId}`),
    quota: await redis.get(`quota:daily:${workspaceId}`),
    reservations: await redis.zcard(`quota:reservations:${workspaceId}`),
    events: await redis.xlen('usage:events'),
  };
}
