import { isJsonObject, numberOf, stringOf, type JsonObject } from '#common';
import { UpstreamError, type UpstreamErrorKind } from './openrouter.errors.js';
import { retryAfterSeconds } from './retry-after.js';

/** Error words (`metadata.error_type`, `code`, `type`) that say more than the status beside them. */
const kindsByWord: Readonly<Record<string, UpstreamErrorKind>> = {
  rate_limit_exceeded: 'rate_limited',
  rate_limit_error: 'rate_limited',
  provider_overloaded: 'overloaded',
  overloaded_error: 'overloaded',
  provider_unavailable: 'overloaded',
  context_length_exceeded: 'context_length',
  content_policy_violation: 'content_policy',
  content_filter: 'content_policy',
  payment_required: 'refused_key',
  insufficient_quota: 'refused_key',
  invalid_api_key: 'refused_key',
  timeout: 'timed_out',
  model_not_found: 'not_found',
};

const kindsByStatus: Readonly<Record<number, UpstreamErrorKind>> = {
  401: 'refused_key',
  402: 'refused_key',
  403: 'refused_key',
  404: 'not_found',
  408: 'timed_out',
  429: 'rate_limited',
  503: 'overloaded',
  504: 'timed_out',
  524: 'timed_out',
  529: 'overloaded',
};

/** These are the tenant's to mend, so the upstream's own words are passed on; all others get ours. */
const tenantsFault: ReadonlySet<UpstreamErrorKind> = new Set<UpstreamErrorKind>([
  'context_length',
  'content_policy',
  'not_found',
  'invalid_request',
]);

const passedStatuses: ReadonlySet<number> = new Set([400, 403, 404, 413, 422]);

/** A bad answer, as it came. */
export interface UpstreamRefusal {
  /** HTTP status; 200 for an error that came inside an answer. */
  status: number;
  headers?: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed body or chunk; anything at all. */
  body: unknown;
}

/** The error inside an answer that came with status 200: at the top, or in a choice (both occur). */
export function errorIn(body: JsonObject): unknown {
  if (body['error']) return body['error'];
  const choices = body['choices'];
  if (!Array.isArray(choices)) return undefined;
  for (const choice of choices) if (isJsonObject(choice) && choice['error']) return choice['error'];
  return undefined;
}

/**
 * Turns any refusal of the upstream into our error. Parses permissively: documented shapes of OpenRouter put a number, a
 * word or nothing into `code`, and some providers answer with a bare string or HTML.
 */
export function toUpstreamError(refusal: UpstreamRefusal): UpstreamError {
  const body = isJsonObject(refusal.body) ? refusal.body : {};
  const fault = errorIn(body) ?? body['message'] ?? body['detail'];
  const error = isJsonObject(fault) ? fault : { message: fault };
  const metadata = isJsonObject(error['metadata']) ? error['metadata'] : {};
  const status = refusal.status >= 300 ? refusal.status : (statusIn(error) ?? 0);
  const kind = kindOf(status, error, metadata);
  const details = {
    upstreamStatus: status === 0 ? undefined : status,
    retryAfter: retryAfterSeconds(refusal.headers) ?? numberOf(metadata['retry_after']),
  };
  if (!tenantsFault.has(kind)) return new UpstreamError(kind, details);
  return new UpstreamError(kind, {
    ...details,
    httpStatus: passedStatuses.has(status) ? status : undefined,
    message: clean(stringOf(error['message'])),
    param: stringOf(error['param']),
    code: kind === 'invalid_request' ? clean(stringOf(error['code'])) : undefined,
  });
}

function statusIn(error: JsonObject): number | undefined {
  const code = Number(error['code'] ?? error['http_status'] ?? error['status']);
  return Number.isInteger(code) && code >= 300 && code < 600 ? code : undefined;
}

function kindOf(status: number, error: JsonObject, metadata: JsonObject): UpstreamErrorKind {
  for (const word of [metadata['error_type'], error['error_type'], error['code'], error['type']]) {
    const kind = typeof word === 'string' && Object.hasOwn(kindsByWord, word) ? kindsByWord[word] : undefined;
    if (kind !== undefined) return kind;
  }
  // OpenRouter refuses flagged input with 403, the status it also uses for our own key.
  if (metadata['reasons'] !== undefined || metadata['flagged_input'] !== undefined) return 'content_policy';
  if (isLengthComplaint(status, stringOf(error['message']))) return 'context_length';
  return kindsByStatus[status] ?? (status >= 400 && status < 500 ? 'invalid_request' : 'server');
}

function isLengthComplaint(status: number, message = ''): boolean {
  const mayBe = status === 400 || status === 413 || status === 422;
  return mayBe && /context (length|window)|maximum context|prompt is too long/i.test(message);
}

/** The upstream's words without anything that looks like a credential, and no longer than a caller can read. */
function clean(text: string | undefined): string | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return text
    .replace(/\bsk-[\w*.-]+|\bBearer\s+\S+/gi, '[redacted]')
    .slice(0, 1_000)
    .toWellFormed();
}
