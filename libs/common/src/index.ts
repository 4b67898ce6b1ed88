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
export { assertReasonableShape } from './json-shape.js';
export { isJsonObject, numberOf, parseJson, stringOf, type JsonObject } from './json.js';
export { encodingOf } from './model-encoding.js';
export { nestsDeeperThan, parseJsonBody } from './json-body.js';
export { limitNames, type LimitName } from './limit-names.js';
export { messageText } from './message-text.js';
export { pageOf, type Page } from './page.js';
export { assertStorable, storable } from './storable.js';
export { parseTime, readTime } from './time.js';
export {
  countOrEstimateTokens,
  countTokens,
  estimateTokens,
  fitsTokens,
  longestCountedText,
  type TokenEncoding,
} from './tokens.js';
