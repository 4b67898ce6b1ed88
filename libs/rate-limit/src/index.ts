export { Admission } from './admission.js';
export type { LimitedCaller } from './limited-caller.js';
export type { LimitState } from './limit-decision.js';
export { LimitStore } from './limit-store.js';
export { LimitError, QuotaExceededError, RateLimitExceededError } from './rate-limit.errors.js';
export { RateLimitModule } from './rate-limit.module.js';
export { RateLimiter } from './rate-limiter.js';
export { RedisGate } from './redis-gate.js';
export { UsageSink } from './usage-sink.js';
