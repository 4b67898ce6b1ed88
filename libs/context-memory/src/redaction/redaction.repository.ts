import { Injectable } from '@nestjs/common';
import type { SystemScope, WorkspaceScope } from '#database';
import type { PiiClass } from './pii-class.js';

/** What operators say a workspace must not store. */
@Injectable()
export class RedactionRepository {
  /** The classes of this workspace; none unless an operator named some. */
  async classes(scope: WorkspaceScope): Promise<PiiClass[]> {
    const [row] = await scope.query<{ redact: PiiClass[] }>(
      `SELECT redact FROM context_settings WHERE workspace_id = $1`,
      [scope.workspaceId],
    );
    return row?.redact ?? [];
  }

  async replace(scope: SystemScope, workspaceId: string, classes: readonly PiiClass[]): Promise<void> {
    await scope.query(
      `INSERT INTO context_settings (workspace_id, redact) VALUES ($1, $2)
       ON CONFLICT (workspace_id) DO UPDATE SET redact = excluded.redact, updated_at = now()`,
      [workspaceId, classes],
    );
  }
}
