import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Breaker, type BreakerState } from './breaker.js';

const options = { minCalls: 4, openMs: 1_000 };
const start = 1_000_000;

const breakerWithLog = () => {
  const log: BreakerState[] = [];
  return { breaker: new Breaker(options, (state) => log.push(state)), log };
};
/** One call that fails or not, if it may go at all. */
const call = (breaker: Breaker, now: number, fails: boolean) => {
  const era = breaker.enter(now);
  if (era === undefined) return false;
  if (fails) breaker.failed(era, now);
  else breaker.succeeded(era, now);
  return true;
};

describe('Breaker', () => {
  it('opens when more than half of enough calls fail, and not before', () => {
    const { breaker, log } = breakerWithLog();
    for (let i = 0; i < 3; i++) call(breaker, start, true);
    expect(breaker.state).toBe('closed');
    call(breaker, start, true);
    expect(log).toEqual(['open']);
    expect(breaker.enter(start + 999)).toBeUndefined();

    const mixed = breakerWithLog().breaker;
    for (let i = 0; i < 20; i++) call(mixed, start, i % 2 === 1);
    expect(mixed.state).toBe('closed');
  });

  it('opens after as many failures in a row, however well the half minute before went', () => {
    const { breaker, log } = breakerWithLog();
    call(breaker, start, true);
    for (let i = 0; i < 1_000; i++) call(breaker, start + i, false);
    for (let i = 0; i < 3; i++) call(breaker, start + 1_000, true);
    call(breaker, start + 1_000, false);
    for (let i = 0; i < 3; i++) call(breaker, start + 1_000, true);
    expect(log).toEqual([]);
    call(breaker, start + 1_000, true);
    expect(log).toEqual(['open']);
  });

  it('does not add up failures over a silence', () => {
    const { breaker } = breakerWithLog();
    for (let i = 0; i < 20; i++) call(breaker, start + i * 31_000, true);
    expect(breaker.state).toBe('closed');
    expect(breaker.isQuiet(start + 19 * 31_000)).toBe(false);
    expect(breaker.isQuiet(start + 21 * 31_000)).toBe(true);
  });

  const opened = () => {
    const made = breakerWithLog();
    for (let i = 0; i < 4; i++) call(made.breaker, start, true);
    return { ...made, later: start + options.openMs };
  };

  it('lets one probe in when the time is up, and closes when that goes well', () => {
    const { breaker, log, later } = opened();
    const probe = breaker.enter(later);
    expect(probe).toBeDefined();
    expect(breaker.enter(later)).toBeUndefined();
    breaker.succeeded(probe ?? -1, later);
    expect(log).toEqual(['open', 'half_open', 'closed']);
    // What failed before is forgotten.
    for (let i = 0; i < 3; i++) call(breaker, later, true);
    expect(breaker.state).toBe('closed');
  });

  it('opens again when the probe fails', () => {
    const { breaker, log, later } = opened();
    call(breaker, later, true);
    expect(log).toEqual(['open', 'half_open', 'open']);
    expect(breaker.enter(later + 999)).toBeUndefined();
    expect(breaker.enter(later + 1_000)).toBeDefined();
  });

  it('gives the probe to the next call when its client leaves, and to another one when it takes too long', () => {
    const { breaker, later } = opened();
    const probe = breaker.enter(later);
    breaker.left(probe ?? -1, later);
    expect(breaker.enter(later)).toBe(probe);
    expect(breaker.enter(later + 999)).toBeUndefined();
    expect(breaker.enter(later + 1_000)).toBe(probe);
  });

  it('ignores what calls from before it opened come to', () => {
    const { breaker } = breakerWithLog();
    const early = [breaker.enter(start), breaker.enter(start)];
    for (let i = 0; i < 4; i++) call(breaker, start, true);
    const [first, second] = early;
    breaker.succeeded(first ?? -1, start);
    breaker.failed(second ?? -1, start + 500);
    expect(breaker.state).toBe('open');
    expect(breaker.openUntil).toBe(start + options.openMs);
  });

  it('takes the word of others, but not for longer than its own', () => {
    const { breaker, log } = breakerWithLog();
    breaker.open(start + 1e9, start);
    expect(breaker.openUntil).toBe(start + options.openMs);
    breaker.open(start + 500, start);
    expect(breaker.openUntil).toBe(start + options.openMs);
    breaker.close();
    expect(log).toEqual(['open', 'closed']);
    breaker.open(start - 1, start);
    expect(breaker.state).toBe('closed');
  });

  it('is not kept shut by a clock that was set back', () => {
    const { breaker } = opened();
    expect(breaker.enter(start - 3_600_000)).toBeDefined();
  });

  it('whatever comes, admits nobody while open, one probe a lease, and closes only on good news', () => {
    const event = fc.oneof(
      { weight: 4, arbitrary: fc.record({ what: fc.constant('enter' as const), fails: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('end' as const), at: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant('leave' as const), at: fc.nat(5) }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.nat(1_500) }) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const { breaker, log } = breakerWithLog();
        const running: { era: number; fails: boolean }[] = [];
        let now = start;
        let leaseUntil = 0;
        for (const e of events) {
          const before = breaker.state;
          const shutUntil = breaker.openUntil;
          const turns = log.length;
          if (e.what === 'wait') now += e.ms;
          else if (e.what === 'enter') {
            const era = breaker.enter(now);
            if (before === 'closed') expect(era).toBeDefined();
            else if (now < shutUntil) expect(era).toBeUndefined();
            else {
              expect(era).toBeDefined();
              expect(now).toBeGreaterThanOrEqual(leaseUntil);
              leaseUntil = now + options.openMs;
            }
            if (era !== undefined) running.push({ era, fails: e.fails });
          } else {
            const [ended] = running.splice(e.at % Math.max(1, running.length), 1);
            if (!ended) continue;
            if (e.what === 'leave') {
              breaker.left(ended.era, now);
              if (breaker.openUntil === now) leaseUntil = now;
            } else if (ended.fails) breaker.failed(ended.era, now);
            else breaker.succeeded(ended.era, now);
            const isGood = e.what === 'end' && !ended.fails;
            if (before !== 'closed' && breaker.state === 'closed') {
              expect(isGood && before === 'half_open').toBe(true);
            }
            if (before !== 'open' && breaker.state === 'open') {
              expect(e.what === 'end' && ended.fails).toBe(true);
              leaseUntil = breaker.openUntil;
            }
          }
          expect(log.length - turns).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 500 },
    );
  });
});
