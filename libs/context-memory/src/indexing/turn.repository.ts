import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';
import { isClaimable } from './embed.repository.js';

/** Across all workspaces: whose turn it is to be embedded. */
@Injectable()
export class TurnRepository {
  /** The workspace behind this one, by its id, with rows that nobody is embedding; undefined when it is the last. */
  async next(scope: SystemScope, after: string): Promise<string | undefined> {
    const [row] = await scope.query<{ id: string }>(
      `SELECT workspace_id AS id FROM context_items WHERE status = 'pending' AND workspace_id > $1 AND ${isClaimable}
       ORDER BY workspace_id LIMIT 1`,
      [after],
    );
    return row?.id;
  }
}
