import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { EmbeddingUnavailableError } from '../context-memory.errors.js';
import { EMBEDDER, EMBEDDER_MAKER, type EmbedderMaker } from './embedder.token.js';
import { type Embedder, embeddingSpaceKey, type EmbeddingSpace } from './embedder.port.js';

/** This process's embedders, one a space, made when they are first asked for. */
@Injectable()
export class Embedders {
  private readonly made = new Map<string, Embedder>();
  private readonly started = new Set<Embedder>();
  private closing = false;

  constructor(
    @Inject(EMBEDDER) configured: Embedder,
    @Inject(EMBEDDER_MAKER) private readonly make: EmbedderMaker,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(Embedders.name);
    this.made.set(embeddingSpaceKey(configured.space), configured);
  }

  /** @throws EmbeddingUnavailableError when this process cannot compute vectors of this space */
  of(space: EmbeddingSpace): Embedder {
    const key = embeddingSpaceKey(space);
    const embedder = this.made.get(key) ?? this.make(space);
    if (!embedder) throw new EmbeddingUnavailableError(`Nothing here computes vectors of ${key}`);
    this.made.set(key, embedder);
    return embedder;
  }

  /** Has a space's embedder ready before it is needed. Returns at once and may be called again and again. */
  warm(space: EmbeddingSpace): void {
    if (this.closing) return;
    let embedder: Embedder;
    try {
      embedder = this.of(space);
    } catch {
      // Whoever needs it is told.
      return;
    }
    if (this.started.has(embedder)) return;
    this.started.add(embedder);
    embedder.start().catch((error: unknown) => {
      // A close ends a start that is under way: no news.
      if (this.closing) return;
      this.logger.warn({ ...space, exception: String(error) }, 'embedder_not_started');
    });
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.all([...this.made.values()].map((embedder) => embedder.close()));
  }
}
