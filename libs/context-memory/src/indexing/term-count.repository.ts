import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';

/** In how many items each term is, across all workspaces. */
@Injectable()
export class TermCountRepository {
  /**
   * Adds noted changes to the counts they change. The sum of a count and its changes, which is what readers go by, stays the
   * same; it only becomes quicker to read. @returns changes taken
   */
  async compact(scope: SystemScope, limit: number): Promise<number> {
    const [row] = await scope.query<{ taken: number }>(`SELECT context_compact_terms($1) AS taken`, [limit]);
    return row?.taken ?? 0;
  }
}
