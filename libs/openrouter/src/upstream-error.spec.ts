import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterSeconds } from './retry-after.js';
import { toUpstreamError } from './upstream-error.js';

const openrouter = (code: unknown, message: string, metadata?: object) => ({
  error: { code, message, metadata },
});

describe('toUpstreamError', () => {
  it.each([
    [401, 503, 'upstream_unavailable', 'error'],
    [402, 503, 'upstream_unavailable', 'error'],
    [403, 503, 'upstream_unavailable', 'error'],
    [429, 429, 'rate_limit_exceeded', 'warn'],
    [408, 504, 'upstream_timeout', 'warn'],
    [500, 502, 'upstream_error', 'warn'],
    [503, 502, 'upstream_error', 'warn'],
    [504, 504, 'upstream_timeout', 'warn'],
    [524, 504, 'upstream_timeout', 'warn'],
    [529, 502, 'upstream_error', 'warn'],
    [302, 502, 'upstream_error', 'warn'],
    [400, 400, 'invalid_request', 'info'],
    [404, 404, 'model_not_found', 'info'],
    [413, 413, 'invalid_request', 'info'],
    [422, 422, 'invalid_request', 'info'],
  ])('upstream %i is our %i %s, logged as %s', (status, httpStatus, code, logLevel) => {
    const error = toUpstreamError({ status, body: openrouter(status, 'Words of the upstream') });
    expect(error).toMatchObject({ httpStatus, code, logLevel, upstreamStatus: status });
    // Only what the tenant can mend is told in the upstream's words.
    expect(error.message === 'Words of the upstream').toBe(logLevel === 'info');
  });

  it('believes the code in the body of a 200: a number, a digit string, a word, or none', () => {
    const kind = (body: unknown) => toUpstreamError({ status: 200, body }).kind;
    expect(kind(openrouter(429, 'x'))).toBe('rate_limited');
    expect(kind(openrouter('402', 'x'))).toBe('refused_key');
    expect(kind(openrouter('server_error', 'x'))).toBe('server');
    expect(kind(openrouter(undefined, 'x', { error_type: 'provider_overloaded' }))).toBe('overloaded');
    expect(kind({ error: { http_status: 404, error_type: 'unmapped', message: 'x' } })).toBe('not_found');
    expect(kind({ error: 'just words' })).toBe('server');
  });

  it('passes on message, param and code of a bad request', () => {
    const body = {
      error: { message: 'Bad tool', param: 'tools[0]', code: 'bad_tool', type: 'invalid_request_error' },
    };
    expect(toUpstreamError({ status: 400, body })).toMatchObject({
      message: 'Bad tool',
      param: 'tools[0]',
      code: 'bad_tool',
    });
  });

  it('knows a request that is too long by its words, and flagged content by its metadata', () => {
    const long = openrouter(400, "This endpoint's maximum context length is 8192 tokens.");
    expect(toUpstreamError({ status: 400, body: long })).toMatchObject({ code: 'context_length_exceeded' });
    const flagged = openrouter(403, 'Flagged', { reasons: ['violence'], flagged_input: '…' });
    expect(toUpstreamError({ status: 403, body: flagged })).toMatchObject({
      kind: 'content_policy',
      httpStatus: 403,
    });
  });

  it('takes a spent account for our fault, not the tenant’s', () => {
    const body = { error: { message: 'You exceeded your quota', code: 'insufficient_quota' } };
    expect(toUpstreamError({ status: 429, body })).toMatchObject({ kind: 'refused_key', httpStatus: 503 });
  });

  it('always tells a rate-limited caller when to come back', () => {
    const body = openrouter(429, 'x');
    expect(toUpstreamError({ status: 429, headers: { 'retry-after': '17' }, body }).retryAfter).toBe(17);
    expect(toUpstreamError({ status: 429, body }).retryAfter).toBeGreaterThan(0);
  });

  it('shows no credential that an upstream quotes', () => {
    const body = openrouter(400, 'No access with sk-or-v1-0123456789abcdef, header Bearer s3cret');
    expect(toUpstreamError({ status: 400, body }).message).not.toMatch(/0123456789|s3cret/);
  });

  it('makes a sound error of any body at all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.jsonValue(),
        fc.boolean(),
        (status, value, nested) => {
          const error = toUpstreamError({ status, body: nested ? { error: value } : value });
          expect(error.httpStatus).toBeGreaterThanOrEqual(400);
          expect(error.message).not.toBe('');
        },
      ),
    );
  });
});

describe('retryAfterSeconds', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    [{ 'retry-after': '3' }, 3],
    [{ 'retry-after-ms': '1500' }, 2],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30],
    [{ 'retry-after': 'Thu, 01 Jan 2025 00:00:30 GMT' }, 0],
    [{ 'retry-after': '99999999' }, 86_400],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%j → %s', (headers, seconds) => {
    expect(retryAfterSeconds(headers, now)).toBe(seconds);
  });
});
