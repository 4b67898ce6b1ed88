import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import { alive } from '../items/item.repository.js';
import type { WantedPart, WantedBy } from './wanted-part.js';
import type { WorkingSet } from './working-set.js';

/** Rows that are looked at for one block: its pins first, then the turns, then what was found. */
const maxRows = 300;
/** Of each of these three, texts are read until they would fill the budget so many times: counting tokens takes time. */
const fillings = 2;
/** Most items that a set takes because they are pinned. */
const maxTaken = 50;

/** Something wanted; `id` is null, and so is the rest, where it is gone. */
interface WantedRow {
  wanted_id: string;
  wanted_by: WantedBy;
  place: number;
  value: number | null;
  id: string | null;
  position: number;
  /** Rows of the text; null for one that was not split. */
  parts: number | null;
  title: string | null;
  content: string | null;
  kind: string;
  version: number;
  created_at: Date;
  is_expired: boolean;
}

/** Reads what a working set wants, as it is at this moment: nothing of an item is kept anywhere else. */
@Injectable()
export class WantedPartRepository {
  /** Pins in their order, then what is pinned, then turns, the latest first, then what the queries found, the best first. */
  async load(
    scope: WorkspaceScope,
    set: Pick<WorkingSet, 'pinnedItems' | 'takesPinned' | 'session' | 'lastTurns' | 'found' | 'tokenBudget'>,
  ): Promise<WantedPart[]> {
    const rows = await scope.query<WantedRow>(wantedSql, [
      scope.workspaceId,
      set.pinnedItems,
      set.session,
      set.lastTurns ?? 0,
      JSON.stringify(set.found),
      set.tokenBudget * fillings,
      set.takesPinned ? maxTaken : 0,
    ]);
    return rows.map((row) => toWantedPart(row, set.lastTurns ?? 1));
  }
}

const ofItem = `id, document_id, position, title, content, tokens, kind, version, created_at, expires_at`;

// A whole item is its row and its parts, which have ids of their own: each of both is a step in an index.
const wantedSql = `
  WITH wanted AS MATERIALIZED (
    SELECT id, NULL::integer AS position, 'pinned' AS wanted_by, 1 AS rank, place, NULL::double precision AS value
    FROM unnest($2::uuid[]) WITH ORDINALITY AS pin (id, place)
    UNION ALL
    SELECT id, NULL, 'pinned', 1, cardinality($2::uuid[]) + row_number() OVER (ORDER BY created_at, id), NULL
    FROM (
      SELECT id, created_at FROM context_items
      WHERE workspace_id = $1 AND pinned AND position = 0 AND id <> ALL($2) AND ${alive}
      ORDER BY created_at, id LIMIT $7
    ) AS taken
    UNION ALL
    SELECT id, NULL, 'session', 2, row_number() OVER (ORDER BY session_position DESC, id), NULL
    FROM (
      SELECT id, session_position FROM context_items
      WHERE workspace_id = $1 AND session = $3 AND session_position IS NOT NULL AND kind = 'turn' AND position = 0
      ORDER BY session_position DESC LIMIT $4
    ) AS turns
    UNION ALL
    SELECT id, position, 'query', 3, row_number() OVER (ORDER BY value DESC, id, position), value
    FROM jsonb_to_recordset($5::jsonb) AS found (id uuid, position integer, value double precision)
  ), listed AS (
    SELECT wanted.id AS wanted_id, wanted_by, place, value, item.*,
           row_number() OVER (ORDER BY rank, place, item.position) AS number,
           sum(tokens) OVER (PARTITION BY rank ORDER BY place, item.position) - tokens AS tokens_before
    FROM wanted LEFT JOIN LATERAL (
      SELECT ${ofItem} FROM context_items
      WHERE workspace_id = $1 AND id = wanted.id AND position = 0 AND coalesce(wanted.position, 0) = 0
      UNION ALL
      SELECT ${ofItem} FROM context_items
      WHERE workspace_id = $1 AND document_id = wanted.id AND position > 0
        AND position = coalesce(wanted.position, position)
    ) AS item ON true
  ), wholes AS (
    SELECT document_id, count(*)::integer AS parts FROM context_items
    WHERE workspace_id = $1 AND document_id = ANY (ARRAY(SELECT id FROM wanted)) GROUP BY document_id
  )
  SELECT wanted_id, wanted_by, place::integer, value, id, document_id, position, parts, title, kind, version, created_at,
         CASE WHEN number <= ${maxRows} AND tokens_before <= $6 THEN content END AS content, coalesce(expires_at <= now(), false) AS is_expired
  FROM listed LEFT JOIN wholes USING (document_id)
  WHERE number <= ${maxRows} OR coalesce(position, 0) = 0
  ORDER BY number`;

function toWantedPart(row: WantedRow, lastTurns: number): WantedPart {
  const { wanted_id: id, wanted_by: wantedBy } = row;
  const value = valueOf(row, lastTurns);
  if (row.id === null) {
    const nothing = { title: null, content: '', kind: '', createdAt: new Date(0), version: 0 };
    return { ...nothing, id, wantedBy, value, state: 'deleted', isBeyond: false };
  }
  return {
    id,
    wantedBy,
    value,
    title: row.title,
    content: row.content ?? '',
    kind: row.kind,
    version: row.version,
    createdAt: row.created_at,
    state: row.is_expired ? 'expired' : 'present',
    isBeyond: row.content === null,
    ...(row.parts !== null && { part: { position: row.position, of: row.parts } }),
  };
}

/** The latest turn is worth 1, each before it a step less; what was found, its score; a pin needs none. */
function valueOf({ wanted_by: wantedBy, place, value }: WantedRow, lastTurns: number): number {
  if (wantedBy === 'session') return 1 - (place - 1) / lastTurns;
  return value ?? 0;
}
