import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { ItemSelection } from '../filter/item-selection.js';
import { maxSets } from '../working-sets/working-set-check.js';
import { WorkingSetRepository } from '../working-sets/working-set.repository.js';
import type { ExportedItem } from './exported-item.js';
import type { ExportedLine, ExportedSet } from './exported-set.js';
import { ExportRepository } from './export.repository.js';
import { PinRepository } from './pin.repository.js';

/** Gives a workspace's memory out, however much it is. */
@Injectable()
export class ExportService {
  constructor(
    private readonly database: Database,
    private readonly items: ExportRepository,
    private readonly sets: WorkingSetRepository,
    private readonly pins: PinRepository,
  ) {}

  /**
   * The items as {@link pages} gives them; if they are all there are, the working sets behind them: the pins of a set reach
   * beyond a selection.
   * @throws DatabaseUnavailableError
   */
  async *lines(workspaceId: string, selection: ItemSelection): AsyncGenerator<ExportedLine[], void> {
    yield* this.pages(workspaceId, selection);
    if (Object.values(selection).some((condition) => condition !== undefined)) return;
    const sets = await this.workingSets(workspaceId);
    if (sets.length > 0) yield sets;
  }

  /**
   * The items, the oldest first, in pages of a few megabytes: the next is read when the one before is used up, in a
   * transaction of its own, so a slow reader holds nothing open. What is stored meanwhile comes too if it is dated later than
   * what was read; what is deleted meanwhile does not.
   * @throws DatabaseUnavailableError
   */
  async *pages(workspaceId: string, selection: ItemSelection): AsyncGenerator<ExportedItem[], void> {
    for (let last: ExportedItem | undefined; ;) {
      const after = last;
      const page = await this.database.inWorkspace(workspaceId, (scope) =>
        this.items.page(scope, selection, after),
      );
      last = page.at(-1);
      if (!last) return;
      yield page;
    }
  }

  /** The oldest first. */
  private workingSets(workspaceId: string): Promise<ExportedSet[]> {
    return this.database.inWorkspace(workspaceId, async (scope) => {
      const sets = await this.sets.list(scope, maxSets);
      const references = await this.pins.references(
        scope,
        sets.flatMap(({ pinnedItems }) => pinnedItems),
      );
      return sets.toReversed().map(({ pinnedItems, ...set }) => ({
        ...set,
        pins: pinnedItems.flatMap((id) => references.get(id) ?? []),
      }));
    });
  }
}
