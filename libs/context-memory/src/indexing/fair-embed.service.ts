import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { EmbedService } from './embed.service.js';
import { TurnRepository } from './turn.repository.js';

/** Batches of other workspaces after each of one's own. */
const othersPerBatch = 8;
/** Before every id. */
const nobody = '00000000-0000-0000-0000-000000000000';

/**
 * Embeds what was queued, in turns: whoever posts a thousand texts makes nobody else wait for more than a batch of his. Turns
 * go round by the rows that wait, not by the jobs that wait, so they need no other memory than who was last.
 */
@Injectable()
export class FairEmbedService {
  private lastServed = nobody;

  constructor(
    private readonly database: Database,
    private readonly turns: TurnRepository,
    private readonly embedder: EmbedService,
  ) {}

  /**
   * Embeds what is pending of these items; between its batches other workspaces that wait have one each.
   * @throws EmbeddingUnavailableError when the embedder is away; the rows stay pending
   */
  async embedItems(workspaceId: string, itemIds: string[]): Promise<void> {
    while ((await this.embedder.embedBatch(workspaceId, itemIds)).claimed > 0) {
      await this.serveOthers(workspaceId);
    }
  }

  private async serveOthers(workspaceId: string): Promise<void> {
    for (let turn = 0; turn < othersPerBatch; turn++) {
      const next = await this.nextWaiting();
      if (next === undefined) return;
      this.lastServed = next;
      if (next !== workspaceId) await this.embedder.embedBatch(next, null);
      // Once round, unless the round only begins here.
      else if (turn > 0) return;
    }
  }

  private nextWaiting(): Promise<string | undefined> {
    return this.database.asSystem(
      async (scope) =>
        (await this.turns.next(scope, this.lastServed)) ?? (await this.turns.next(scope, nobody)),
    );
  }
}
