import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { ItemSelection } from '../filter/item-selection.js';
import type { ExportedItem } from './exported-item.js';
import { ExportRepository } from './export.repository.js';

/** Gives a workspace's items out, however many they are. */
@Injectable()
export class ExportService {
  constructor(
    private readonly database: Database,
    private readonly items: ExportRepository,
  ) {}

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
}
