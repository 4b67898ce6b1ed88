import { PinoLogger } from 'nestjs-pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppConfig } from '#config';
import { metrics } from '#observability';
import { ClientGoneError, UpstreamError, type UpstreamErrorKind } from '#openrouter';
import { requiredSettings } from '#testing';
import { BreakerOpenError } from '../llm-proxy.errors.js';
import type { BreakerChange } from './breaker-change.js';
import { Breakers } from './breakers.js';

const config = new AppConfig({
  ...requiredSettings,
  OPENROUTER_BREAKER_MIN_CALLS: '4',
  OPENROUTER_BREAKER_OPEN_MS: '1000',
});

describe('Breakers', () => {
  let breakers: Breakers;
  let told: BreakerChange[];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    breakers = new Breakers(config, new PinoLogger({ pinoHttp: { level: 'silent' } }));
    told = [];
    breakers.onChange((change) => told.push(change));
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const fail = (model: string, kind: UpstreamErrorKind, times = 4) => {
    for (let i = 0; i < times; i++) breakers.ended(breakers.admit(model), new UpstreamError(kind));
  };
  const refusal = (model: string) => {
    try {
      breakers.admit(model);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('opens one model and no other', () => {
    fail('a/b', 'overloaded');
    expect(refusal('a/b')).toMatchObject({ scope: 'model', httpStatus: 503, retryAfter: 1 });
    expect(refusal('a/c')).toBeUndefined();
    expect(breakers.notClosed()).toEqual([
      { scope: 'model:a/b', state: 'open', cause: 'overloaded', until: 1_001_000 },
    ]);
    expect(told).toHaveLength(1);
  });

  it.each<UpstreamErrorKind>(['unreachable', 'refused_key'])('opens the upstream for %s', (kind) => {
    fail('a/b', kind, 2);
    fail('a/c', kind, 2);
    expect(refusal('x/y')).toMatchObject({ scope: 'upstream' });
    expect(breakers.notClosed()).toMatchObject([{ scope: 'upstream', cause: kind }]);
  });

  it.each<UpstreamErrorKind>(['invalid_request', 'context_length', 'content_policy', 'not_found', 'empty'])(
    'counts %s against nobody: a tenant must not be able to take a model from the others',
    (kind) => {
      fail('a/b', kind, 50);
      expect(breakers.notClosed()).toEqual([]);
    },
  );

  it('takes a client that left for no verdict', () => {
    fail('a/b', 'server', 3);
    for (let i = 0; i < 9; i++) breakers.ended(breakers.admit('a/b'), new ClientGoneError());
    fail('a/b', 'server', 1);
    expect(breakers.notClosed()).toHaveLength(1);
  });

  it('closes on the first real chunk of a probe, not at the end of its stream', () => {
    fail('a/b', 'timed_out');
    vi.setSystemTime(1_001_000);
    const probe = breakers.admit('a/b');
    expect(refusal('a/b')).toBeInstanceOf(BreakerOpenError);
    breakers.began(probe);
    expect(refusal('a/b')).toBeUndefined();
    breakers.ended(probe, new UpstreamError('cut_short'));
    expect(breakers.notClosed()).toEqual([]);
    expect(told.map(({ state }) => state)).toEqual(['open', 'half_open', 'closed']);
  });

  it('gives a probe of the upstream back when the model is the one that is open', () => {
    fail('a/b', 'server');
    breakers.hear({ scope: 'upstream', state: 'open', until: 1_000_500, cause: undefined });
    vi.setSystemTime(1_000_600);
    expect(refusal('a/b')).toMatchObject({ scope: 'model' });
    breakers.began(breakers.admit('a/c'));
    expect(breakers.notClosed()).toMatchObject([{ scope: 'model:a/b' }]);
  });

  it('does what others found out, and does not tell it again', () => {
    breakers.hear({ scope: 'model:a/b', state: 'open', until: 1_000_900, cause: undefined });
    expect(refusal('a/b')).toBeInstanceOf(BreakerOpenError);
    breakers.hear({ scope: 'model:a/b', state: 'closed', until: 0, cause: undefined });
    expect(refusal('a/b')).toBeUndefined();
    breakers.hear({ scope: 'model:a/b', state: 'open', until: 999_999, cause: undefined });
    expect(refusal('a/b')).toBeUndefined();
    expect(told).toEqual([]);
  });

  it('remembers a bounded number of models, and the open ones first', () => {
    fail('bad/model', 'server');
    for (let i = 0; i < 3_000; i++) fail(`made/up-${i}`, 'server', 1);
    expect(refusal('bad/model')).toBeInstanceOf(BreakerOpenError);
    for (let i = 0; i < 1_500; i++) fail(`open/${i}`, 'server');
    expect(breakers.notClosed()).toHaveLength(1_000);
  });

  it('shows how many are not closed', async () => {
    const shown = async (state: string) =>
      (await metrics.openrouter.breakers.get()).values.find(
        ({ labels }) => labels['scope'] === 'model' && labels['state'] === state,
      )?.value;
    fail('a/b', 'server');
    fail('a/c', 'server');
    expect(await shown('open')).toBe(2);
    vi.setSystemTime(1_001_000);
    const probe = breakers.admit('a/b');
    expect([await shown('open'), await shown('half_open')]).toEqual([1, 1]);
    breakers.ended(probe);
    expect([await shown('open'), await shown('half_open')]).toEqual([1, 0]);
  });
});
