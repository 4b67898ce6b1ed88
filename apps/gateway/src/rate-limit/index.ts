export { LimitHeadersFilter } from './limit-headers.filter.js';
export { admitted, RateLimitGuard, requestAdmitted } from './rate-limit.guard.js';
export { RateLimitHttpModule } from './rate-limit-http.module.js';
export { SaysLimits, RateLimited } from './rate-limited.decorator.js';
