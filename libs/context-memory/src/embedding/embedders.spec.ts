import { PinoLogger } from 'nestjs-pino';
import { describe, expect, it, vi } from 'vitest';
import type { Embedder, EmbeddingSpace } from './embedder.port.js';
import type { EmbedderMaker } from './embedder.token.js';
import { Embedders } from './embedders.js';

const spaceOf = (model: string): EmbeddingSpace => ({ provider: 'test', model, dimensions: 1 });

/** Whose start fails when it is told to, or when it is closed. */
const startingEmbedder = (model: string) => {
  const { promise, reject } = Promise.withResolvers<void>();
  const start = vi.fn<() => Promise<void>>(() => promise);
  const close = vi.fn<() => Promise<void>>(async () => reject(new Error('closed')));
  const embedder: Embedder = { space: spaceOf(model), embed: async () => [], start, close };
  return {
    embedder,
    start,
    close,
    fail: () => reject(new Error('no model files')),
    failed: promise.catch(() => undefined),
  };
};

function embeddersOf(configured: Embedder, made: Embedder[] = []) {
  const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
  const warn = vi.spyOn(logger, 'warn');
  const make = vi.fn<EmbedderMaker>((space) => made.find((each) => each.space.model === space.model));
  return { embedders: new Embedders(configured, make, logger), warn, make };
}

describe('Embedders', () => {
  it('makes one for each space, once', () => {
    const [first, second] = [startingEmbedder('a').embedder, startingEmbedder('b').embedder];
    const { embedders, make } = embeddersOf(first, [second]);
    expect(embedders.of(spaceOf('a'))).toBe(first);
    expect([embedders.of(spaceOf('b')), embedders.of(spaceOf('b'))]).toEqual([second, second]);
    expect(make).toHaveBeenCalledTimes(1);
    expect(() => embedders.of(spaceOf('c'))).toThrow('test/c@1');
  });

  it('starts each once, and says that one did not start', async () => {
    const { embedder, start, fail, failed } = startingEmbedder('a');
    const { embedders, warn } = embeddersOf(embedder);
    embedders.warm(spaceOf('a'));
    embedders.warm(spaceOf('a'));
    embedders.warm(spaceOf('unknown'));
    fail();
    await failed;
    expect(start).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(
      { ...spaceOf('a'), exception: 'Error: no model files' },
      'embedder_not_started',
    );
  });

  it('closes all, and says nothing of a start that this has ended', async () => {
    const [first, second] = [startingEmbedder('a'), startingEmbedder('b')];
    const { embedders, warn } = embeddersOf(first.embedder, [second.embedder]);
    embedders.warm(spaceOf('a'));
    embedders.of(spaceOf('b'));
    await embedders.close();
    await first.failed;
    await second.failed;
    expect([first.close, second.close].map((close) => close.mock.calls.length)).toEqual([1, 1]);
    expect(warn).not.toHaveBeenCalled();
  });
});
