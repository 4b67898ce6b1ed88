import { PinoLogger } from 'nestjs-pino';
import { describe, expect, it, vi } from 'vitest';
import { ContextMemoryModule } from './context-memory.module.js';
import type { Embedder } from './embedding/embedder.port.js';

/** Whose start fails when it is told to, or when it is closed. */
const startingModule = () => {
  const { promise, reject } = Promise.withResolvers<void>();
  const embedder: Embedder = {
    space: { provider: 'test', model: 'm', dimensions: 1 },
    embed: async () => [],
    start: () => promise,
    close: async () => reject(new Error('closed')),
  };
  const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
  const warn = vi.spyOn(logger, 'warn');
  const module = new ContextMemoryModule(embedder, logger);
  module.onApplicationBootstrap();
  return {
    module,
    warn,
    fail: () => reject(new Error('no model files')),
    failed: promise.catch(() => undefined),
  };
};

describe('ContextMemoryModule', () => {
  it('says that the embedder did not start', async () => {
    const { warn, fail, failed } = startingModule();
    fail();
    await failed;
    expect(warn).toHaveBeenCalledWith({ exception: 'Error: no model files' }, 'embedder_not_started');
  });

  it('says nothing of a start that a close has ended', async () => {
    const { module, warn, failed } = startingModule();
    await module.onApplicationShutdown();
    await failed;
    expect(warn).not.toHaveBeenCalled();
  });
});
