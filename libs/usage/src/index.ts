export { Ledger } from './ledger.js';
export { UsageEventRepository } from './usage-event.repository.js';
export { UsageModule } from './usage.module.js';
export { UsageRecorder } from './usage-recorder.js';
export { usageGroups, type UsageGroup, type UsageTotals } from './usage-report.js';
export { UsageReportRepository } from './usage-report.repository.js';
export { UsageSpool } from './usage-spool.js';
export { UsageStream } from './usage-stream.js';
export { UsageWriter } from './usage-writer.js';
