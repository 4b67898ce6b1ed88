import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError, type UpstreamErrorKind } from '#openrouter';
import { BreakerOpenError } from '../llm-proxy.errors.js';
import { type AttemptFailure, type AttemptLimits, AttemptPlan } from './attempt-plan.js';
import { type ModelFacts, vendorOf } from './model-facts.js';
import { remedies } from './remedy.js';

const lengths: Record<string, number> = { 'a/small': 8, 'a/large': 128, 'b/large': 128 };
const facts: ModelFacts = { contextLength: (model) => lengths[model] };
const limits: AttemptLimits = { maxAttempts: 3, maxWaitMs: 10_000, repeatUntil: 90_000, deadline: 600_000 };
const planFor = (routes: string[], more: Partial<AttemptLimits> = {}) =>
  new AttemptPlan(routes, facts, { ...limits, ...more });
const error = (kind: UpstreamErrorKind, retryAfter?: number) => new UpstreamError(kind, { retryAfter });

describe('AttemptPlan', () => {
  it('goes to the next model at once, and back to the first after a back-off when there is none left', () => {
    const plan = planFor(['a/small', 'b/large']);
    plan.failed('a/small', error('overloaded'), 0);
    expect(plan.next(0)).toEqual({ model: 'b/large', waitMs: 0 });
    plan.failed('b/large', error('server'), 0);
    const repeat = plan.next(0);
    expect(repeat?.model).toBe('a/small');
    expect(repeat?.waitMs).toBeLessThanOrEqual(400);
    plan.failed('a/small', error('server'), 0);
    expect(plan.next(0)).toBeUndefined();
  });

  it('spreads its back-offs', () => {
    const waits = Array.from({ length: 50 }, () => {
      const plan = planFor(['a/small']);
      plan.failed('a/small', error('server'), 0);
      return plan.next(0)?.waitMs;
    });
    expect(new Set(waits).size).toBeGreaterThan(25);
  });

  it('honours Retry-After, and passes it on when it is too long to wait for', () => {
    const plan = planFor(['a/small']);
    plan.failed('a/small', error('rate_limited', 3), 1_000);
    expect(plan.next(2_000)?.waitMs).toBeGreaterThanOrEqual(2_000);
    plan.failed('a/small', error('rate_limited', 60), 5_000);
    expect(plan.next(5_000)).toBeUndefined();
    expect(plan.outcome()).toMatchObject({ httpStatus: 429, retryAfter: 3 });
  });

  it('asks the same model again when the upstream cannot be reached: the others are behind the same door', () => {
    const plan = planFor(['a/small', 'b/large']);
    plan.failed('a/small', error('unreachable'), 0);
    expect(plan.next(0)?.model).toBe('a/small');
  });

  it.each<UpstreamErrorKind>(['refused_key', 'invalid_request'])('tries nothing against %s', (kind) => {
    const plan = planFor(['a/small', 'b/large']);
    plan.failed('a/small', error(kind), 0);
    expect(plan.next(0)).toBeUndefined();
    expect(plan.outcome()).toMatchObject({ kind });
  });

  it.each<[UpstreamErrorKind, string | undefined]>([
    ['context_length', 'a/large'],
    ['content_policy', 'b/large'],
    ['not_found', 'a/small2'],
  ])('chooses by the class of the failure: %s', (kind, model) => {
    const plan = planFor(['a/small', 'a/small2', 'a/large', 'b/large']);
    lengths['a/small2'] = 4;
    plan.failed('a/small', error(kind), 0);
    expect(plan.next(0)?.model).toBe(model);
  });

  it('spares what an open breaker spares, without counting it, and goes back to what may still answer', () => {
    const plan = planFor(['a/small', 'a/large', 'b/large']);
    plan.failed('a/small', error('server'), 0);
    plan.failed('a/large', new BreakerOpenError('model', 9), 0);
    plan.failed('b/large', new BreakerOpenError('model', 4), 0);
    expect(plan.next(0)?.model).toBe('a/small');
  });

  it('ends at once when the breaker of the upstream is open, and says when to come again', () => {
    const plan = planFor(['a/small', 'a/large']);
    plan.failed('a/small', new BreakerOpenError('upstream', 9), 0);
    expect(plan.next(0)).toBeUndefined();
    expect(plan.outcome()).toMatchObject({ httpStatus: 503, retryAfter: 9 });
  });

  it('walks a chain that is longer than its attempts to the end, and repeats nothing then', () => {
    const chain = ['a/1', 'a/2', 'b/1', 'b/2', 'c/1'];
    const plan = planFor(chain);
    for (const [i, model] of chain.entries()) {
      plan.failed(model, error('server'), 0);
      expect(plan.next(0)?.model).toBe(chain[i + 1]);
    }
  });

  it('repeats nothing after the window, but asks whom it has not asked while there is time', () => {
    const plan = planFor(['a/small', 'b/large', 'c/1']);
    plan.failed('a/small', error('timed_out'), 91_000);
    expect(plan.next(91_000)?.model).toBe('b/large');
    plan.failed('b/large', error('timed_out'), 600_001);
    expect(plan.next(600_001)).toBeUndefined();
    const alone = planFor(['a/small']);
    alone.failed('a/small', error('timed_out'), 91_000);
    expect(alone.next(91_000)).toBeUndefined();
  });

  it('whatever fails, keeps to the routes and the bounds, and comes to an end', () => {
    const kinds = Object.keys(remedies) as UpstreamErrorKind[];
    const failure: fc.Arbitrary<AttemptFailure> = fc
      .oneof(
        {
          weight: 5,
          arbitrary: fc.tuple(fc.constantFrom(...kinds), fc.option(fc.nat(20), { nil: undefined })),
        },
        { weight: 1, arbitrary: fc.constant(undefined) },
      )
      .map((drawn) => (drawn ? error(...drawn) : new BreakerOpenError('model', 5)));
    const routes = fc.uniqueArray(fc.constantFrom('a/1', 'a/2', 'b/1', 'b/2', 'c/1'), { minLength: 1 });
    // Each model once, and repeats while fewer calls than six were made: it has ended before.
    const most = 12;
    fc.assert(
      fc.property(
        routes,
        fc.array(failure, { minLength: most, maxLength: most }),
        fc.array(fc.nat(5_000), { minLength: most, maxLength: most }),
        fc.integer({ min: 1, max: 6 }),
        (models, failures, delays, maxAttempts) => {
          const sizes: ModelFacts = { contextLength: (model) => Number(model.at(-1)) * 10 };
          const plan = new AttemptPlan(models, sizes, { ...limits, maxAttempts });
          let now = 0;
          let model = models[0] ?? '';
          let attempts = 0;
          const notBefore = new Map<string, number>();
          const hopeless = new Set<string>();
          const refusers = new Set<string>();
          const tried = new Set<string>();
          let isTooShort = 0;
          const mayServe = (one: string) =>
            !refusers.has(vendorOf(one)) && (isTooShort === 0 || Number(one.at(-1)) * 10 > isTooShort);
          for (const [i, drawn] of failures.entries()) {
            now += delays[i] ?? 0;
            plan.failed(model, drawn, now);
            if (drawn instanceof UpstreamError) {
              attempts += 1;
              notBefore.set(model, now + (drawn.askedToWait ?? 0) * 1_000);
              if (!remedies[drawn.kind].repeat) hopeless.add(model);
              if (drawn.kind === 'content_policy') refusers.add(vendorOf(model));
              if (drawn.kind === 'context_length')
                isTooShort = Math.max(isTooShort, Number(model.at(-1)) * 10);
            } else hopeless.add(model);
            tried.add(model);
            const next = plan.next(now);
            if (next === undefined) {
              expect(plan.outcome()).toBeInstanceOf(Error);
              // Only what is known not to help goes unasked.
              const mayMove = drawn instanceof BreakerOpenError || remedies[drawn.kind].fallback !== 'none';
              if (mayMove) expect(models.filter((one) => !tried.has(one) && mayServe(one))).toEqual([]);
              return;
            }
            expect(models).toContain(next.model);
            expect(hopeless).not.toContain(next.model);
            expect(now + next.waitMs).toBeGreaterThanOrEqual(notBefore.get(next.model) ?? 0);
            if (tried.has(next.model)) {
              expect(attempts).toBeLessThan(maxAttempts);
              expect(now + next.waitMs).toBeLessThanOrEqual(limits.repeatUntil);
            } else {
              expect([next.waitMs, mayServe(next.model)]).toEqual([0, true]);
            }
            now += next.waitMs;
            model = next.model;
          }
          expect.unreachable();
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
