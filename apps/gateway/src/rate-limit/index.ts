export { admitted, RateLimitGuard } from './rate-limit.guard.js';
export { RateLimitHttpModule } from './rate-limit-http.module.js';
