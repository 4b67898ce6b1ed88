export { BackgroundTasks } from './background-tasks.js';
export { systemClock, type Clock } from './clock.js';
export {
  GatewayError,
  InvalidRequestError,
  NotFoundError,
  UnavailableError,
  type ErrorLogLevel,
  type ErrorType,
  type GatewayErrorOptions,
} from './gateway-error.js';
export { keyedHash, secretsEqual, sha256 } from './hash.js';
export { isId, newId } from './id.js';
export { parseJsonBody } from './json-body.js';
export { pageOf, type Page } from './page.js';
export { countTokens, estimateTokens, fitsTokens, type TokenEncoding } from './tokens.js';
