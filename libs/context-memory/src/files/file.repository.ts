import { Injectable } from '@nestjs/common';
import { newId } from '#common';
import type { WorkspaceScope } from '#database';
import type { Metadata } from '../ingest/new-item.js';
import type { ItemProgress } from '../jobs/context-job.js';
import type { PiiClass } from '../redaction/pii-class.js';
import type { FileFormat } from './file-format.js';

/** A file that waits to be parsed. */
export interface WaitingFile {
  id: string;
  filename: string;
  format: FileFormat;
  charset: string | null;
  bytes: Uint8Array;
  kind: string;
  title: string | null;
  session: string | null;
  collection: string | null;
  externalId: string | null;
  metadata: Metadata;
  importance: number;
  pinned: boolean;
  expiresAt: Date | null;
  /** Classes of personal data to take out of its text. */
  redact: PiiClass[];
  createdAt: Date;
}

/** A file that this process, and no other, is about to parse. */
export type ClaimedFile = WaitingFile & { claimId: string };

/** Seconds after which a claim counts as lost with its worker: what a parse may take, and as much again to store its text. */
export const fileClaimSeconds = (parseTimeoutMs: number): number => parseTimeoutMs / 1000 + 30;

/** Uploaded files: there from the moment they are accepted until their text is stored. */
@Injectable()
export class FileRepository {
  async insert(scope: WorkspaceScope, file: WaitingFile): Promise<void> {
    await scope.query(
      `INSERT INTO context_files (id, workspace_id, filename, format, charset, bytes, kind, title, session, collection, external_id,
         metadata, importance, pinned, expires_at, redact, created_at)
       VALUES ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
      [
        scope.workspaceId,
        file.id,
        file.filename,
        file.format,
        file.charset,
        file.bytes,
        file.kind,
        file.title,
        file.session,
        file.collection,
        file.externalId,
        file.metadata,
        file.importance,
        file.pinned,
        file.expiresAt,
        file.redact,
        file.createdAt,
      ],
    );
  }

  /** Drops files that a later post with the same external id replaces. They must not come in behind it. */
  async supersede(scope: WorkspaceScope, externalIds: string[]): Promise<void> {
    if (externalIds.length === 0) return;
    await scope.query(`DELETE FROM context_files WHERE workspace_id = $1 AND external_id = ANY($2)`, [
      scope.workspaceId,
      externalIds,
    ]);
  }

  /** How far a file is that has not become items; undefined when it is gone. */
  async find(scope: WorkspaceScope, id: string): Promise<ItemProgress | undefined> {
    const [row] = await scope.query<ItemProgress>(
      `SELECT id, status, error FROM context_files WHERE workspace_id = $1 AND id = $2`,
      [scope.workspaceId, id],
    );
    return row;
  }

  /** Queues a file again that could not be read, if its bytes are still there. @returns whether it did */
  async retry(scope: WorkspaceScope, id: string): Promise<boolean> {
    const rows = await scope.query(
      `WITH again AS (
         UPDATE context_files SET status = 'pending', error = NULL, claim_id = NULL, queued_at = now()
         WHERE workspace_id = $1 AND id = $2 AND status = 'failed' AND bytes IS NOT NULL RETURNING id
       ) SELECT id FROM again`,
      [scope.workspaceId, id],
    );
    return rows.length > 0;
  }

  /** Claims a file that waits; undefined when it does not, or another worker claimed it within `claimSeconds`. */
  async claim(scope: WorkspaceScope, id: string, claimSeconds: number): Promise<ClaimedFile | undefined> {
    const [row] = await scope.query<ClaimedFile>(
      `WITH claimed AS (
         UPDATE context_files SET claim_id = $3, claimed_at = now()
         WHERE workspace_id = $1 AND id = $2 AND status = 'pending'
           AND (claim_id IS NULL OR claimed_at < now() - make_interval(secs => $4))
         RETURNING *
       )
       SELECT id, filename, format, charset, bytes, kind, title, session, collection, external_id AS "externalId", metadata,
         importance, pinned, expires_at AS "expiresAt", redact, created_at AS "createdAt", claim_id AS "claimId" FROM claimed`,
      [scope.workspaceId, id, newId(), claimSeconds],
    );
    return row;
  }

  /** Drops a file whose text is being stored in this transaction. @returns whether the claim still stood */
  async finish(scope: WorkspaceScope, { id, claimId }: Claim): Promise<boolean> {
    const rows = await scope.query(
      `WITH done AS (DELETE FROM context_files WHERE workspace_id = $1 AND id = $2 AND claim_id = $3 RETURNING id)
       SELECT id FROM done`,
      [scope.workspaceId, id, claimId],
    );
    return rows.length > 0;
  }

  /** Notes why a file cannot be read; its bytes stay for another try. */
  async fail(scope: WorkspaceScope, { id, claimId }: Claim, error: string): Promise<void> {
    await scope.query(
      `UPDATE context_files SET status = 'failed', error = $4, claim_id = NULL, queued_at = now()
       WHERE workspace_id = $1 AND id = $2 AND claim_id = $3`,
      [scope.workspaceId, id, claimId, error],
    );
  }

  /** Gives a file back that could not be stored for reasons of ours. */
  async release(scope: WorkspaceScope, { id, claimId }: Claim): Promise<void> {
    await scope.query(
      `UPDATE context_files SET claim_id = NULL WHERE workspace_id = $1 AND id = $2 AND claim_id = $3`,
      [scope.workspaceId, id, claimId],
    );
  }
}

type Claim = Pick<ClaimedFile, 'id' | 'claimId'>;
