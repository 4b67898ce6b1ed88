export { DailyUsageRepository, type DayOfUsage } from './daily-usage.repository.js';
export {
  ReconciliationLog,
  type EstimateCorrection,
  type LastReconciliation,
  type QuotaReconciliation,
} from './last-reconciliation.js';
export { Ledger } from './ledger.js';
export { LookUpRepository, type LookUp } from './look-up.repository.js';
export { nextLookUpMs } from './look-up-schedule.js';
export { ReconciliationRepository } from './reconciliation.repository.js';
export { compareStreamIds } from './stream-id.js';
export { UnwrittenEvents, type UnwrittenEvent } from './unwritten-events.js';
export { UsageEventRepository } from './usage-event.repository.js';
export { UsageModule } from './usage.module.js';
export { UsageRecorder } from './usage-recorder.js';
export { costOf, type PricedTokens } from './price.js';
export { usageGroups, type UsageGroup, type UsageTotals } from './usage-report.js';
export { UsageReportRepository } from './usage-report.repository.js';
export { UsageRetention } from './usage-retention.js';
export { UsageSpool } from './usage-spool.js';
export { UsageStream } from './usage-stream.js';
export { UsageWriter } from './usage-writer.js';
