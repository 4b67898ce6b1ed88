import type { JsonObject } from '#common';

/** What a fault or a refusal says, in OpenRouter's words. */
export interface ErrorDetails {
  /** The HTTP status of a refusal; OpenRouter also sends words here when the error is inside a stream. */
  code: number | string;
  message?: string;
  /** OpenRouter's stable field (`metadata.error_type`), e.g. `rate_limit_exceeded`, `provider_overloaded`. */
  error_type?: string;
  provider_name?: string;
  provider_code?: string;
  /** Further metadata, e.g. `{reasons: [...], flagged_input: '...'}` for a moderation refusal. */
  metadata?: JsonObject;
  /** `Retry-After` as it goes on the wire: seconds, or an HTTP date. */
  retry_after?: number | string;
}

/** A call refused before anything was generated: `code` is the HTTP status. */
export class OpenRouterError extends Error {
  constructor(readonly details: ErrorDetails) {
    super(details.message ?? `Simulated error ${details.code}`);
  }

  /** The HTTP status; an error whose code is a word goes out as 500. */
  get status(): number {
    return typeof this.details.code === 'number' ? this.details.code : 500;
  }
}

/** 400 for a body OpenRouter cannot read. */
export const badRequest = (message: string): OpenRouterError =>
  new OpenRouterError({ code: 400, message, error_type: 'invalid_request' });

/** The `error` object: `{code, message, metadata?}`. */
export function errorObject(details: ErrorDetails): JsonObject {
  const metadata = {
    ...(details.error_type && { error_type: details.error_type }),
    ...(details.provider_name && { provider_name: details.provider_name }),
    ...(details.provider_code && { provider_code: details.provider_code }),
    ...details.metadata,
  };
  return {
    code: details.code,
    message: details.message ?? `Simulated error ${details.code}`,
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}
