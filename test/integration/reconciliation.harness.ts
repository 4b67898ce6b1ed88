import { newId } from '#common';
import type { CallUsage, UsageEvent } from '#queues';
import { OpenRouterApi, UpstreamJournal } from '#openrouter';
import { LimitKeyScan, QuotaAudit, QuotaLedger, SettleStore, UsageSink } from '#rate-limit';
import {
  DailyUsageRepository,
  Ledger,
  LookUpRepository,
  ReconciliationLog,
  ReconciliationRepository,
  UnwrittenEvents,
  UsageEventRepository,
} from '#usage';
import { EstimateCorrector } from '../../apps/worker/src/reconciliation/estimate-corrector.js';
import { LeakedReservations } from '../../apps/worker/src/reconciliation/leaked-reservations.js';
import { QuotaMeasurement } from '../../apps/worker/src/reconciliation/quota-measurement.js';
import { QuotaReconciler } from '../../apps/worker/src/reconciliation/quota-reconciler.js';
import { WorkspaceTurn } from '../../apps/worker/src/reconciliation/workspace-turn.js';
import { callerWith, limiterOf } from './rate-limit.harness.js';
import type { StoreClients } from './store-clients.js';

/** The stream, with something that happens just before or just after it is read. */
export class InterruptedEvents extends UnwrittenEvents {
  before: () => Promise<void> = () => Promise.resolve();
  after: () => Promise<void> = () => Promise.resolve();

  override async upTo(lastId: string, workspaceIds: ReadonlySet<string>) {
    const { before, after } = this;
    this.before = this.after = () => Promise.resolve();
    await before();
    const events = await super.upTo(lastId, workspaceIds);
    await after();
    return events;
  }
}

/** A worker's reconciliation, composed as its module does it. */
export function worker(
  { redis, database, logger, config }: StoreClients,
  upstreamUrl = 'http://127.0.0.1:1',
) {
  const audit = new QuotaAudit(redis);
  const ledger = new ReconciliationRepository();
  const events = new InterruptedEvents(redis);
  const log = new ReconciliationLog(redis);
  const measurement = new QuotaMeasurement(audit, events, new DailyUsageRepository(), ledger);
  const leaks = new LeakedReservations(audit, measurement, ledger, logger);
  const turn = new WorkspaceTurn(redis, new LimitKeyScan(redis), database, ledger);
  const openrouter = { ...config.openrouter, OPENROUTER_BASE_URL: upstreamUrl, OPENROUTER_API_KEY: 'sk' };
  const upstream = new OpenRouterApi(Object.assign({}, config, { openrouter }), new UpstreamJournal(logger));
  const lookUps = new LookUpRepository();
  return {
    events,
    log,
    quotas: new QuotaReconciler(turn, database, ledger, leaks, measurement, audit, log, logger),
    estimates: new EstimateCorrector(database, lookUps, ledger, upstream, audit, log, logger),
    /** One look, as a run takes two. */
    drift: async (workspaceId: string) => {
      const [look] = await database.asSystem((scope) => measurement.measure(scope, [workspaceId]));
      return look?.drift;
    },
  };
}

/** A gateway: admits and settles by the limiter's own scripts, and hands what Redis does not take to the ledger. */
export function gateway(clients: StoreClients, lapseAfterMs?: number) {
  const { redis, database, logger } = clients;
  const ledger = new Ledger(database, new UsageEventRepository(), logger);
  class Sink extends UsageSink {
    async record(event: UsageEvent): Promise<void> {
      await ledger.write([event]);
    }
  }
  const usage = new DailyUsageRepository();
  class DayOfLedger extends QuotaLedger {
    usedOn(workspaceId: string, day: number): Promise<number> {
      return database.asSystem((scope) => usage.tokens(scope, workspaceId, { day }));
    }
  }
  const { limiter } = limiterOf(clients, { lapseAfterMs, sink: new Sink(), ledger: new DayOfLedger() });
  const settles = new SettleStore(redis);
  return {
    ledger,
    limiter,
    /** Settles a call that was admitted while Redis was away, on a day whose count an admission has begun. */
    settleUnheld: async (event: UsageEvent) => {
      const midnight = (Math.floor(Date.now() / 86_400_000) + 1) * 86_400;
      await redis.set(`quota:daily:${event.workspaceId}`, 0, 'EXAT', midnight, 'NX');
      const reservation = {
        callId: event.id,
        caller: callerIn(event.workspaceId),
        tokens: 1,
        day: Math.floor(Date.parse(event.createdAt) / 86_400_000),
        tokensUntil: undefined,
        held: false,
      };
      const { outcome } = await settles.settle(
        reservation,
        event.promptTokens + event.completionTokens,
        event,
      );
      return outcome;
    },
  };
}

export const callerIn = (workspaceId: string) => callerWith({ dailyTokens: 1_000_000_000 }, workspaceId);

export const usageOf = (promptTokens: number, completionTokens: number): CallUsage => ({
  requestId: 'request',
  operation: 'chat',
  model: 'demo/echo',
  status: 'completed',
  statusCode: 200,
  promptTokens,
  completionTokens,
  contextTokens: 0,
  cost: '0.001',
  source: 'provider',
  latencyMs: 5,
  generationId: null,
  receiptId: null,
});

export const eventOf = (workspaceId: string, change: Partial<UsageEvent> = {}): UsageEvent => ({
  ...usageOf(10, 5),
  id: newId(),
  workspaceId,
  keyId: '0123456789abcdef',
  createdAt: new Date().toISOString(),
  ...change,
});

/** The two numbers that have to be one: the count in Redis, and what the ledger says of the day. */
export async function bothSides({ redis, database }: StoreClients, workspaceId: string) {
  const day = Math.floor(Date.now() / 86_400_000);
  return {
    count: Number(await redis.get(`quota:daily:${workspaceId}`)),
    ledger: await database.asSystem((scope) =>
      new DailyUsageRepository().tokens(scope, workspaceId, { day }),
    ),
  };
}
