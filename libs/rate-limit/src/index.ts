export { Admission } from './admission.js';
export { BucketRescaling } from './bucket-rescaling.js';
export type { LimitedCaller, Limits } from './limited-caller.js';
export type { LimitState, Standing } from './limit-decision.js';
export {
  LimitStandings,
  type BucketStanding,
  type KeyStanding,
  type WorkspaceStanding,
} from './limit-standing.js';
export { LimitStore } from './limit-store.js';
export { LocalLimiter } from './local-limiter.js';
export { QuotaLedger } from './quota-ledger.js';
export { QuotaReset } from './quota-reset.js';
export {
  CallTooLargeError,
  LimitError,
  QuotaExceededError,
  RateLimitExceededError,
} from './rate-limit.errors.js';
export { rateLimitHeaders } from './rate-limit-headers.js';
export { LimitKeyScan } from './limit-key.scan.js';
export { QuotaAudit } from './quota-audit.js';
export { QuotaAuditModule } from './quota-audit.module.js';
export type { HeldTokens, QuotaSnapshot } from './quota-snapshot.js';
export { RateLimitModule } from './rate-limit.module.js';
export { RateLimiter } from './rate-limiter.js';
export { RedisGate } from './redis-gate.js';
export { SettleStore } from './settle-store.js';
export { Settlement } from './settlement.js';
export { UsageSink } from './usage-sink.js';
