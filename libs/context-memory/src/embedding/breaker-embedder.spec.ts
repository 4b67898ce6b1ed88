import { describe, expect, it } from 'vitest';
import { UpstreamError } from '#openrouter';
import { EmbeddingUnavailableError } from '../context-memory.errors.js';
import { BreakerEmbedder } from './breaker-embedder.js';
import type { Embedder } from './embedder.port.js';

/** A provider that can be away, behind a breaker whose time is moved by hand. */
function behindBreaker() {
  const state = { down: true, calls: 0, now: 1_000, cause: null as unknown };
  const inner: Embedder = {
    space: { provider: 'test', model: 'm', dimensions: 1 },
    embed: async (texts, _purpose, signal) => {
      state.calls += 1;
      signal?.throwIfAborted();
      if (state.down) throw new EmbeddingUnavailableError('away', state.cause);
      return texts.map(() => Float32Array.of(1));
    },
    start: async () => undefined,
    close: async () => undefined,
  };
  const breaker = new BreakerEmbedder(inner, { now: () => state.now });
  const ask = (signal?: AbortSignal) =>
    breaker.embed(['x'], 'query', signal).then(
      () => 'vector',
      () => 'none',
    );
  return { state, ask };
}

describe('BreakerEmbedder', () => {
  it('asks nobody after three failures in a row, until one trial succeeds', async () => {
    const { state, ask } = behindBreaker();
    for (let i = 0; i < 9; i++) expect(await ask()).toBe('none');
    expect(state.calls).toBe(3);

    state.now += 10_000;
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['none', 'none', 'none']);
    expect(state.calls).toBe(4);

    state.down = false;
    expect(await ask()).toBe('none');
    state.now += 10_000;
    expect(await ask()).toBe('vector');
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['vector', 'vector', 'vector']);
  });

  it('counts what ran out of time, and not what its caller gave up', async () => {
    const { state, ask } = behindBreaker();
    state.down = false;
    for (let i = 0; i < 9; i++) await ask(AbortSignal.abort());
    expect(await ask()).toBe('vector');
    for (let i = 0; i < 3; i++) await ask(AbortSignal.abort(new DOMException('late', 'TimeoutError')));
    expect(await ask()).toBe('none');
  });

  it('does not count that a text was refused', async () => {
    const { state, ask } = behindBreaker();
    state.cause = new UpstreamError('context_length');
    for (let i = 0; i < 9; i++) await ask();
    expect(state.calls).toBe(9);
  });

  it('counts failures in a row only', async () => {
    const { state, ask } = behindBreaker();
    for (let i = 0; i < 9; i++) {
      state.down = i % 3 !== 2;
      await ask();
    }
    expect(state.calls).toBe(9);
  });
});
