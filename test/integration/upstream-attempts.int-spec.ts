import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '#testing';
import { FailingUpstream, fast, fragile, other, small } from './failing-upstream.harness.js';

describe('attempts at an upstream that fails', () => {
  let upstream: FailingUpstream;

  beforeAll(async () => {
    upstream = await FailingUpstream.start();
  });
  afterEach(() => upstream.reset());
  afterAll(() => upstream?.close());

  const passing: [string, Fault, string][] = [
    ['500', { error: { code: 500 } }, 'server'],
    ['overload', { error: { code: 503, error_type: 'provider_overloaded' } }, 'overloaded'],
    ['429', { error: { code: 429 } }, 'rate_limited'],
    ['408', { error: { code: 408 } }, 'timed_out'],
    ['a cut', { cut: 'before_headers' }, 'server'],
    ['silence', { hang: 'before_headers' }, 'timed_out'],
    ['garbage', { body: 'garbage' }, 'malformed'],
    ['an empty completion', { empty_completion: 'blank' }, 'empty'],
    ['an error in a 200', { error_in_body: { code: 502 } }, 'server'],
  ];

  it('repeats what may pass, and settles by the attempt that answered', async () => {
    const one = await upstream.gateway();
    for (const stream of [true, false]) {
      for (const [name, fault, kind] of passing) {
        // A JSON answer has the whole of its time to be silent in.
        if (name === 'silence' && !stream) continue;
        upstream.simulator.reset();
        upstream.simulator.faults.set({ ...fault, times: 1 });
        const outcome = await upstream.call(one, { stream });
        const served = upstream.simulator.ledger.find(outcome.generationId ?? '');
        expect([name, upstream.story()]).toEqual([
          name,
          [
            [fast, 'failed', kind],
            [fast, 'answered', null],
          ],
        ]);
        expect(outcome).toMatchObject({
          status: 'completed',
          usage: { source: 'provider', completionTokens: served?.completion_tokens },
        });
        expect(Number(outcome.cost)).toBe(served?.cost);
        expect(upstream.calls()).toHaveLength(2);
      }
    }
    // What was taken and thrown away is the operator's; it can be found by its id.
    const wasted = upstream.lines('upstream_attempt_wasted');
    expect(new Set(wasted.map(({ code }) => code))).toEqual(new Set(['malformed', 'empty', 'server']));
    for (const { generation_id: id } of wasted) expect(id).toMatch(/^gen-/);
  });

  it('repeats when the upstream cannot be reached, also after it is back', async () => {
    const one = await upstream.gateway({ OPENROUTER_MAX_ATTEMPTS: '6' });
    upstream.simulator.refuseConnections();
    const outcome = upstream.call(one, { routes: [fast, other] });
    await expect.poll(() => upstream.lines('openrouter_error').length).toBeGreaterThan(0);
    await upstream.simulator.acceptConnections();
    expect(await outcome).toMatchObject({ status: 'completed', model: fast });
    expect(
      upstream
        .story()
        .slice(0, -1)
        .every(([, , kind]) => kind === 'unreachable'),
    ).toBe(true);
  });

  it('waits as long as Retry-After says, and no longer than it may', async () => {
    const one = await upstream.gateway();
    upstream.simulator.faults.set({ error: { code: 429, retry_after: 2 }, times: 1 });
    await upstream.call(one);
    const [refused, served] = upstream.calls();
    const waited = Date.parse(served?.started_at ?? '') - Date.parse(refused?.ended_at ?? '');
    expect(waited).toBeGreaterThanOrEqual(1_990);
    upstream.simulator.faults.set({ error: { code: 429, retry_after: 30 } });
    await expect(upstream.call(one)).rejects.toMatchObject({ httpStatus: 429, retryAfter: 30 });
    expect(upstream.attempts).toHaveLength(1);
  });

  it.each([400, 413, 422])('never repeats the tenant’s own %i', async (code) => {
    const one = await upstream.gateway();
    upstream.simulator.faults.set({ error: { code } });
    await expect(upstream.call(one, { routes: [fast, other] })).rejects.toMatchObject({ httpStatus: code });
    expect(upstream.calls()).toHaveLength(1);
  });

  it('gives up after so many attempts, with the last failure', async () => {
    const one = await upstream.gateway();
    upstream.simulator.faults.set({ error: { code: 500 } });
    await expect(upstream.call(one)).rejects.toMatchObject({ httpStatus: 502 });
    expect(upstream.calls()).toHaveLength(3);
    expect(upstream.attempts).toHaveLength(3);
  });

  it.each<[string, Fault, string, [string, ...string[]], string]>([
    ['overload', { error: { code: 529 } }, 'overloaded', [fast, other], other],
    ['an empty completion', { empty_completion: 'blank' }, 'empty', [fast, other], other],
    [
      'content policy',
      { error: { code: 403, metadata: { reasons: ['x'] } } },
      'content_policy',
      [fast, small, other],
      other,
    ],
    ['an unknown model', { error: { code: 404 } }, 'not_found', [fast, small, other], small],
  ])('falls back for %s', async (_name, fault, kind, routes, served) => {
    const one = await upstream.gateway();
    upstream.simulator.faults.set({ ...fault, model: fast });
    const outcome = await upstream.call(one, { routes });
    expect(outcome.model).toBe(served);
    expect(upstream.story()).toEqual([
      [fast, 'failed', kind],
      [served, 'answered', null],
    ]);
  });

  it('asks every model of a chain, however few repeats it may make, also when one says nothing', async () => {
    const one = await upstream.gateway({ OPENROUTER_MAX_ATTEMPTS: '1', OPENROUTER_TOTAL_TIMEOUT_MS: '4000' });
    upstream.simulator.faults.set(
      { hang: 'before_headers', model: fast },
      { error: { code: 500 }, model: small },
      { error: { code: 429, retry_after: 60 }, model: fragile },
    );
    for (const stream of [true, false]) {
      const outcome = await upstream.call(one, { stream, routes: [fast, small, fragile, other] });
      expect([outcome.model, upstream.story()]).toEqual([
        other,
        [
          [fast, 'failed', 'timed_out'],
          [small, 'failed', 'server'],
          [fragile, 'failed', 'rate_limited'],
          [other, 'answered', null],
        ],
      ]);
    }
  });

  it('falls back to a larger model when the prompt is too long, and passes the smaller ones over', async () => {
    const one = await upstream.gateway();
    const words = 'a word '.repeat(2_000);
    const outcome = await upstream.call(one, { routes: [small, fast], words });
    expect([outcome.model, upstream.story()[0]]).toEqual([fast, [small, 'failed', 'context_length']]);
    await expect(upstream.call(one, { routes: [small], words })).rejects.toMatchObject({
      code: 'context_length_exceeded',
    });
  });

  it('repeats nothing once something was sent', async () => {
    const one = await upstream.gateway();
    for (const fault of [
      { cut: 'mid_stream' },
      { hang: 'mid_stream' },
      { error_in_stream: { code: 502 } },
    ] as const) {
      upstream.simulator.reset();
      upstream.simulator.faults.set({ ...fault, after_chunks: 4 });
      const outcome = await upstream.call(one, {
        routes: [fast, other],
        words: 'many words to be cut off in the middle',
      });
      expect(['cut', 'failed']).toContain(outcome.status);
      expect(upstream.received).toContain('"error"');
      expect(upstream.calls()).toHaveLength(1);
      expect(upstream.story()).toEqual([[fast, 'answered', null]]);
    }
  });

  it('is not held by a repeat that is yet to come when the client leaves, and charges nothing for what failed', async () => {
    const one = await upstream.gateway();
    upstream.simulator.faults.set({ error: { code: 429, retry_after: 2 } });
    const gone = new AbortController();
    const outcome = upstream.call(one, { signal: gone.signal });
    await expect.poll(() => upstream.lines('openrouter_error').length).toBe(1);
    gone.abort();
    expect(await outcome).toMatchObject({ status: 'cancelled', statusCode: 499, usage: { source: 'none' } });
    expect(upstream.calls()).toHaveLength(1);
  });

  it('keeps all attempts together within the total time', async () => {
    const one = await upstream.gateway({
      OPENROUTER_TOTAL_TIMEOUT_MS: '1500',
      OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '1000',
      OPENROUTER_MAX_ATTEMPTS: '20',
    });
    upstream.simulator.faults.set({ hang: 'before_headers' });
    await expect(upstream.call(one)).rejects.toMatchObject({ httpStatus: 504 });
    // The second had what the first one left.
    const [first, second] = upstream.attempts;
    expect(upstream.attempts).toHaveLength(2);
    expect(second?.latencyMs).toBeLessThan(first?.latencyMs ?? 0);
  });
});
