import { Injectable } from '@nestjs/common';
import { isId } from '#common';
import type { WorkspaceScope } from '#database';
import { alive } from '../items/item.repository.js';
import type { PinReference } from './exported-set.js';

interface ReferenceRow {
  id: string;
  external_id: string | null;
  session: string | null;
  collection: string | null;
  content_hash: string;
  expires_at: Date | null;
}

/** Turns the pins of working sets into what holds in other workspaces, and back. */
@Injectable()
export class PinRepository {
  /** What these items are known by elsewhere, by their ids; those that are gone are missing. */
  async references(scope: WorkspaceScope, itemIds: string[]): Promise<Map<string, PinReference>> {
    const rows = await scope.query<ReferenceRow>(
      `SELECT id, external_id, session, collection, content_hash, expires_at FROM context_items
       WHERE workspace_id = $1 AND id = ANY($2) AND position = 0 AND ${alive}`,
      [scope.workspaceId, itemIds],
    );
    return new Map(rows.map((row) => [row.id, toReference(row)]));
  }

  /**
   * The items that are meant: by id, else by external id, else by session, collection and content.
   * @returns their ids, in the order of `pins`; undefined where there is none
   */
  async resolve(scope: WorkspaceScope, pins: PinReference[]): Promise<(string | undefined)[]> {
    const rows = await scope.query<{ id: string | null }>(
      `SELECT coalesce(
         (SELECT item.id ${headsOf} AND item.id = pin.id),
         (SELECT item.id ${headsOf} AND item.external_id = pin.external_id),
         (SELECT item.id ${headsOf} AND item.external_id IS NULL AND pin.external_id IS NULL
            AND coalesce(item.session, '') = coalesce(pin.session, '')
            AND coalesce(item.collection, '') = coalesce(pin.collection, '') AND item.content_hash = pin.content_hash)) AS id
       FROM jsonb_to_recordset($2::jsonb) AS pin
         (place integer, id uuid, external_id text, session text, collection text, content_hash text)
       ORDER BY place`,
      [scope.workspaceId, JSON.stringify(pins.map(toRecord))],
    );
    return rows.map(({ id }) => id ?? undefined);
  }
}

const headsOf = `FROM context_items AS item WHERE item.workspace_id = $1 AND item.position = 0 AND ${alive}`;

const toReference = (row: ReferenceRow): PinReference => ({
  id: row.id,
  externalId: row.external_id ?? undefined,
  session: row.session ?? undefined,
  collection: row.collection ?? undefined,
  contentHash: row.content_hash,
  expiresAt: row.expires_at ?? undefined,
});

const toRecord = ({ id, externalId, session, collection, contentHash }: PinReference, place: number) => ({
  place,
  id: id !== undefined && isId(id) ? id : null,
  external_id: externalId,
  session,
  collection,
  content_hash: contentHash,
});
