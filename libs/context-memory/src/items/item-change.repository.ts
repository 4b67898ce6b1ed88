import { Injectable } from '@nestjs/common';
import { newId } from '#common';
import type { WorkspaceScope } from '#database';
import { SqlParameters } from '../filter/sql-parameters.js';
import type { PreparedText } from '../ingest/prepare-text.js';
import type { DetailChange } from './context-item.js';

/** Forgets what was embedded and queues the row again. The claim goes too, so that no worker stores the old text's vector. */
const embedAgain = `status = 'pending', attempts = 0, error = NULL, claim_id = NULL, queued_at = now()`;

const columnOf = [
  ['title', 'title'],
  ['metadata', 'metadata'],
  ['importance', 'importance'],
  ['expiresAt', 'expires_at'],
  ['session', 'session'],
  ['kind', 'kind'],
] as const satisfies [keyof DetailChange, string][];

/** Changes items; callers have made sure that the item is theirs to change. */
@Injectable()
export class ItemChangeRepository {
  /** Keeps other changes of the item waiting until this transaction ends. */
  async lock(scope: WorkspaceScope, id: string): Promise<void> {
    await scope.query(`SELECT id FROM context_items WHERE workspace_id = $1 AND id = $2 FOR UPDATE`, [
      scope.workspaceId,
      id,
    ]);
  }

  /** Changes the details of all an item's rows, as one new version. A new title is embedded with the text. */
  async changeDetails(scope: WorkspaceScope, id: string, change: DetailChange): Promise<void> {
    const parameters = new SqlParameters();
    const where = `workspace_id = ${parameters.add(scope.workspaceId)} AND ${rowsOf(parameters.add(id))}`;
    const sets = columnOf.flatMap(([key, column]) => {
      const value = change[key];
      return value === undefined ? [] : [`${column} = ${parameters.add(value)}`];
    });
    if (change.title !== undefined) sets.push(embedAgain);
    await scope.query(
      `UPDATE context_items SET ${[...sets, 'version = version + 1', 'updated_at = now()'].join(', ')} WHERE ${where}`,
      parameters.values,
    );
  }

  /** Queues an item again whose embedding had been given up. */
  async retry(scope: WorkspaceScope, id: string): Promise<void> {
    await scope.query(
      `UPDATE context_items SET ${embedAgain} WHERE workspace_id = $1 AND ${rowsOf('$2')} AND status = 'failed'`,
      [scope.workspaceId, id],
    );
  }

  /**
   * Puts another text in an item's place, under the same id.
   * @param content the whole, as posted
   */
  async replaceText(scope: WorkspaceScope, id: string, content: string, text: PreparedText): Promise<void> {
    await scope.query(
      `DELETE FROM context_items WHERE workspace_id = $1 AND document_id = $2 AND position > 0`,
      [scope.workspaceId, id],
    );
    await scope.query(`DELETE FROM context_documents WHERE workspace_id = $1 AND id = $2`, [
      scope.workspaceId,
      id,
    ]);
    const { head } = text;
    await scope.query(
      `UPDATE context_items SET content = $3, heading = $4, tokens = $5, content_hash = $6, document_id = $7,
         version = version + 1, updated_at = now(), embedding = NULL, embedding_space_id = NULL, ${embedAgain}
       WHERE workspace_id = $1 AND id = $2`,
      [
        scope.workspaceId,
        id,
        head.content,
        head.heading ?? null,
        head.tokens,
        head.contentHash,
        text.isDocument ? id : null,
      ],
    );
    if (text.isDocument) await this.addDocument(scope, id, content, text);
  }

  /** Keeps the whole text beside its head, and adds the other parts, which take the head's details. */
  async addDocument(scope: WorkspaceScope, id: string, content: string, text: PreparedText): Promise<void> {
    await scope.query(
      `INSERT INTO context_documents (id, workspace_id, content, format) VALUES ($2, $1, $3, $4)`,
      [scope.workspaceId, id, content, text.format],
    );
    if (text.rest.length === 0) return;
    const parts = text.rest.map((part, i) => ({
      id: newId(),
      position: i + 1,
      content: part.content,
      heading: part.heading,
      tokens: part.tokens,
      content_hash: part.contentHash,
    }));
    await scope.query(
      `INSERT INTO context_items (id, workspace_id, document_id, position, kind, title, heading, content, session,
         session_position, external_id, metadata, importance, expires_at, content_hash, tokens, version, created_at)
       SELECT part.id, workspace_id, head.id, part.position, kind, title, part.heading, part.content, session,
         session_position, external_id, metadata, importance, expires_at, part.content_hash, part.tokens, version, created_at
       FROM context_items AS head,
         jsonb_to_recordset($3::jsonb) AS part (id uuid, position integer, content text, heading text, tokens integer, content_hash text)
       WHERE head.workspace_id = $1 AND head.id = $2`,
      [scope.workspaceId, id, JSON.stringify(parts)],
    );
  }
}

const rowsOf = (placeholder: string): string => `(id = ${placeholder} OR document_id = ${placeholder})`;
