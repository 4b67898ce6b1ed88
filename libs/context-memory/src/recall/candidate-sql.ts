import { type IndexedSpace, indexedVector } from '../indexing/vector-index.repository.js';
import { maxPostings } from './asked-terms.js';
import { bm25Sql } from './bm25.js';
import { wordSettings } from './ranking.js';

/** So many of each leg's rows, the best, bring the rows beside them where those are looked up one by one. */
const bestPerLeg = 20;

/** The question's vector, a placeholder, and the space in which it is compared. */
interface AskedVector {
  vector: string;
  space: IndexedSpace;
}

/** Placeholders and conditions of a candidate query; nothing in it is a caller's text. */
export interface CandidateParts {
  workspace: string;
  /** What every row must satisfy: workspace, expiry, session, filter. */
  visible: string;
  /** The terms to look up, what each is worth, and the words of an average item. */
  terms: string;
  weights: string;
  averageLength: string;
  question: AskedVector | undefined;
  approximate: boolean;
  perLeg: number;
}

/** Candidates of both legs, each with its similarity, and the rows beside them. */
export function candidateSql(parts: CandidateParts): string {
  const { question, approximate } = parts;
  return `
    WITH worded AS MATERIALIZED (${wordedRows(parts)}),
    ${question && !approximate ? exactHits(parts, question) : indexedHits(parts)}`;
}

/**
 * Rows that have the terms, with their BM25. Each term is one stretch of the index of terms, read from its newest item on, and
 * never beyond a bound.
 */
function wordedRows({ workspace, terms, weights, averageLength }: CandidateParts): string {
  const relativeLength = `(posting.length / ${averageLength}::double precision)`;
  return `
    SELECT posting.item_id AS id, sum(asked.weight * ${bm25Sql('posting.frequency::double precision', relativeLength, wordSettings)}) AS words
    FROM unnest(${terms}::text[], ${weights}::double precision[]) AS asked (term, weight),
    LATERAL (
      SELECT item_id, frequency, length FROM context_terms
      WHERE workspace_id = ${workspace} AND term = asked.term ORDER BY item_id DESC LIMIT ${maxPostings}
    ) AS posting
    GROUP BY posting.item_id`;
}

/** Every visible row is measured once, and all else is done with what was measured. */
function exactHits(parts: CandidateParts, { space }: AskedVector): string {
  const { workspace, visible, perLeg } = parts;
  return `
    scored AS MATERIALIZED (
      SELECT ${measured(parts)}, worded.words FROM context_items AS item LEFT JOIN worded USING (id)
      LEFT JOIN (
        SELECT item_id AS id, embedding AS beside FROM context_vectors WHERE workspace_id = ${workspace} AND space_id = ${space.id}
      ) AS other USING (id)
      WHERE ${visible}
    ),
    hits AS MATERIALIZED (
      (SELECT * FROM scored WHERE dense IS NOT NULL ORDER BY dense DESC, id LIMIT ${perLeg})
      UNION
      (SELECT * FROM scored WHERE words > 0 ORDER BY words DESC, id LIMIT ${perLeg})
    ),
    in_session AS (
      SELECT session, unnest(ARRAY[session_position - 1, session_position + 1]) AS session_position FROM hits
    ),
    in_document AS (
      SELECT document_id, unnest(ARRAY[position - 1, position + 1]) AS position FROM hits
    )
    SELECT * FROM hits
    UNION SELECT scored.* FROM scored JOIN in_session USING (session, session_position)
    UNION SELECT scored.* FROM scored JOIN in_document USING (document_id, position)`;
}

/** Indexes find what each leg wants; that, and the rows beside the best of it, are looked up one by one. */
function indexedHits(parts: CandidateParts): string {
  const { workspace, visible, perLeg } = parts;
  return `
    -- Best first, so that only as many are looked up as a filter leaves out.
    best AS MATERIALIZED (SELECT id, words FROM worded ORDER BY words DESC, id),
    legs AS (
      ${nearestRows(parts)}
      (SELECT best.id, row_number() OVER () AS rank
       FROM best, LATERAL (SELECT FROM context_items AS item WHERE id = best.id AND ${visible} LIMIT 1) AS item
       LIMIT ${perLeg})
    ),
    found AS (SELECT id, min(rank) AS rank FROM legs GROUP BY id),
    hits AS MATERIALIZED (
      SELECT ${measured(parts)}, rank FROM found JOIN context_items AS item USING (id)${besideEach(parts)}
      WHERE workspace_id = ${workspace}
    ),
    -- Worked out here: under row-level security an index takes no arithmetic, which might fail.
    places AS MATERIALIZED (
      SELECT id AS middle, document_id AS part_of, position - 1 AS first, position + 1 AS last,
             session AS said_in, session_position - 1 AS before, session_position + 1 AS after
      FROM hits WHERE rank <= ${bestPerLeg}
    )
    SELECT ${place}, dense FROM hits
    UNION
    SELECT ${measured(parts)} FROM places JOIN context_items AS item
      ON session = said_in AND session_position BETWEEN before AND after AND id <> middle${besideEach(parts)} WHERE ${visible}
    UNION
    SELECT ${measured(parts)} FROM places JOIN context_items AS item
      ON document_id = part_of AND position BETWEEN first AND last AND id <> middle${besideEach(parts)} WHERE ${visible}`;
}

/** The vectors of the question's space that do not stand in the rows themselves, each looked up by its row. */
function besideEach({ question }: CandidateParts): string {
  if (!question) return '';
  const { id } = question.space;
  return `
    LEFT JOIN LATERAL (
      SELECT embedding AS beside FROM context_vectors
      WHERE item_id = item.id AND space_id = ${id} AND item.embedding_space_id IS DISTINCT FROM ${id} OFFSET 0
    ) AS other ON true`;
}

/**
 * By the approximate indexes, in the rows and beside them; nothing where there is no vector to be near to. @returns what the
 * other leg is added to
 */
function nearestRows({ workspace, visible, question, perLeg }: CandidateParts): string {
  if (!question) return '';
  const { vector, space } = question;
  const distanceOf = (embedding: string) =>
    `${indexedVector(embedding, space)} <=> ${indexedVector(`${vector}::vector`, space)}`;
  return `
      SELECT id, row_number() OVER () AS rank FROM (
        SELECT id FROM context_items AS item WHERE ${visible} AND embedding_space_id = ${space.id}
        ORDER BY ${distanceOf('embedding')} LIMIT ${perLeg}
      ) AS nearest
      UNION ALL
      SELECT id, row_number() OVER () FROM (
        SELECT item.id FROM context_vectors AS beside,
          LATERAL (SELECT id FROM context_items AS item WHERE id = beside.item_id AND ${visible} LIMIT 1) AS item
        WHERE beside.workspace_id = ${workspace} AND beside.space_id = ${space.id} AND beside.embedding IS NOT NULL
        ORDER BY ${distanceOf('beside.embedding')} LIMIT ${perLeg}
      ) AS nearest
      UNION ALL`;
}

/** Where a row stands. */
const place = 'id, document_id, position, content_hash, session, session_position, importance, created_at';

/** What is known of a row: its place, and its similarity in the question's space and no other. */
function measured({ question }: CandidateParts): string {
  const similarity = question
    ? `1 - (CASE WHEN embedding_space_id = ${question.space.id} THEN embedding ELSE beside END <=> ${question.vector}::vector)`
    : 'NULL::double precision';
  return `${place}, ${similarity} AS dense`;
}
