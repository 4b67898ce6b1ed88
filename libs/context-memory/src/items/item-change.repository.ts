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
  ['pinned', 'pinned'],
  ['expiresAt', 'expires_at'],
  ['session', 'session'],
  ['sessionPosition', 'session_position'],
  ['collection', 'collection'],
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
   * Puts another text in an item's place, under the same id. Rows whose words stay keep their vectors, wherever in the text they
   * come to stand; the others are embedded again.
   * @param content the whole, as posted
   */
  async replaceText(scope: WorkspaceScope, id: string, content: string, text: PreparedText): Promise<void> {
    const item = [scope.workspaceId, id];
    // The old parts stand aside at negative positions until their vectors have been taken over.
    await scope.query(
      `UPDATE context_items SET position = -position WHERE workspace_id = $1 AND document_id = $2 AND position > 0`,
      item,
    );
    await scope.query(`DELETE FROM context_documents WHERE workspace_id = $1 AND id = $2`, item);
    if (text.isDocument) await this.addDocument(scope, id, content, text);
    await this.takeOverVectors(scope, id, 'fresh.position > 0');
    await this.replaceHead(scope, id, text);
    // Its own words may have stood in another part.
    await this.takeOverVectors(scope, id, 'fresh.position = 0');
    await scope.query(
      `UPDATE context_items AS item SET status = 'embedded'
       WHERE workspace_id = $1 AND ${rowsOf('$2')} AND position >= 0 AND EXISTS (
         SELECT FROM embedding_spaces AS space WHERE status = 'active' AND (item.embedding_space_id = space.id OR EXISTS (
           SELECT FROM context_vectors WHERE item_id = item.id AND space_id = space.id AND embedding IS NOT NULL)))`,
      item,
    );
    await scope.query(
      `DELETE FROM context_items WHERE workspace_id = $1 AND document_id = $2 AND position < 0`,
      item,
    );
  }

  /** Gives rows the vectors, in every space, of an old row with the same words. @param which of the rows, called `fresh` */
  private async takeOverVectors(scope: WorkspaceScope, id: string, which: string): Promise<void> {
    const sameWords = `fresh.workspace_id = $1 AND (fresh.id = $2 OR fresh.document_id = $2) AND ${which}
      AND old.id <> fresh.id AND ${oldRows}
      AND old.content = fresh.content AND old.heading IS NOT DISTINCT FROM fresh.heading`;
    await scope.query(
      `UPDATE context_items AS fresh SET embedding = old.embedding, embedding_space_id = old.embedding_space_id
       FROM context_items AS old WHERE ${sameWords} AND fresh.embedding IS NULL`,
      [scope.workspaceId, id],
    );
    await scope.query(
      `INSERT INTO context_vectors (item_id, space_id, workspace_id, embedding)
       SELECT fresh.id, space_id, $1, beside.embedding FROM context_items AS fresh, context_items AS old
       JOIN context_vectors AS beside ON beside.item_id = old.id
       WHERE ${sameWords} AND beside.embedding IS NOT NULL ON CONFLICT DO NOTHING`,
      [scope.workspaceId, id],
    );
  }

  private async replaceHead(
    scope: WorkspaceScope,
    id: string,
    { head, isDocument }: PreparedText,
  ): Promise<void> {
    await scope.query(
      `UPDATE context_items SET content = $3, heading = $4, page = $5, tokens = $6, content_hash = $7, document_id = $8,
         version = version + 1, updated_at = now(), ${embedAgain}
       WHERE workspace_id = $1 AND id = $2`,
      [
        scope.workspaceId,
        id,
        head.content,
        head.heading ?? null,
        head.page ?? null,
        head.tokens,
        head.contentHash,
        isDocument ? id : null,
      ],
    );
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
      page: part.page,
      tokens: part.tokens,
      content_hash: part.contentHash,
    }));
    await scope.query(
      `INSERT INTO context_items (id, workspace_id, document_id, position, kind, title, heading, page, content, session,
         session_position, collection, external_id, metadata, importance, pinned, expires_at, content_hash, tokens, version, created_at)
       SELECT part.id, workspace_id, head.id, part.position, kind, title, part.heading, part.page, part.content, session,
         session_position, collection, external_id, metadata, importance, pinned, expires_at, part.content_hash, part.tokens, version, created_at
       FROM context_items AS head,
         jsonb_to_recordset($3::jsonb) AS part 
           (id uuid, position integer, content text, heading text, page integer, tokens integer, content_hash text)
       WHERE head.workspace_id = $1 AND head.id = $2`,
      [scope.workspaceId, id, JSON.stringify(parts)],
    );
  }
}

const rowsOf = (placeholder: string): string => `(id = ${placeholder} OR document_id = ${placeholder})`;

/** The rows of an item before its text is replaced; those that wait to be embedded (a new title) have no vector to keep. */
const oldRows = `old.workspace_id = $1 AND (old.id = $2 OR old.document_id = $2) AND old.position <= 0 AND old.status = 'embedded'`;
