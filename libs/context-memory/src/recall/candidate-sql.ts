import type { EmbeddingSpace } from '../embedding/embedder.port.js';
import { indexedVector } from '../indexing/vector-index.repository.js';

/** Placeholders and conditions of a candidate query; nothing in it is a caller's text. */
export interface CandidateParts {
  workspace: string;
  /** What every row must satisfy: workspace, expiry, session, filter. */
  visible: string;
  words: string;
  question: { vector: string; space: EmbeddingSpace; spaceId: number } | undefined;
  approximate: boolean;
  perLeg: number;
}

/**
 * Candidates of both legs with the scores of both: a row that one leg found is measured by the other as well, so that fusion
 * compares like with like; and the rows beside them. ts_rank is divided by 1 + log(length) (normalisation 1).
 */
export function candidateSql(parts: CandidateParts): string {
  const { words, question, approximate } = parts;
  return `
    WITH question AS MATERIALIZED (SELECT context_query(${words}) AS terms),
    ${question && approximate ? approximateHits(parts, question) : exactHits(parts)}`;
}

/** Every visible row is measured once, and all else is done with what was measured. */
function exactHits(parts: CandidateParts): string {
  const { visible, perLeg } = parts;
  return `
    scored AS MATERIALIZED (SELECT ${scores(parts)} FROM context_items WHERE ${visible}),
    hits AS MATERIALIZED (
      (SELECT * FROM scored WHERE dense IS NOT NULL ORDER BY dense DESC LIMIT ${perLeg})
      UNION
      (SELECT * FROM scored WHERE lexical > 0 ORDER BY lexical DESC, id LIMIT ${perLeg})
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

/** The index finds the dense leg; what the legs found, and the rows beside it, are looked up one by one. */
function approximateHits(parts: CandidateParts, question: NonNullable<CandidateParts['question']>): string {
  const { workspace, visible, perLeg } = parts;
  const { vector, space, spaceId } = question;
  return `
    dense AS (
      SELECT id FROM context_items WHERE ${visible} AND embedding_space_id = ${spaceId}
      ORDER BY ${indexedVector(space)} <=> ${vector}::vector(${space.dimensions}) LIMIT ${perLeg}
    ),
    lexical AS (
      SELECT id FROM context_items WHERE ${visible} AND lexemes @@ ${terms}
      ORDER BY ts_rank(lexemes, ${terms}, 1) DESC, id LIMIT ${perLeg}
    ),
    -- The places beside are worked out here: under row-level security an index takes no arithmetic, which might fail.
    hits AS MATERIALIZED (
      SELECT id, document_id, ARRAY[position - 1, position + 1] AS beside_in_document,
             session, ARRAY[session_position - 1, session_position + 1] AS beside_in_session FROM context_items
      WHERE workspace_id = ${workspace} AND id IN (SELECT id FROM dense UNION SELECT id FROM lexical)
    ),
    wanted AS (
      SELECT id FROM hits
      UNION
      SELECT beside.id FROM hits JOIN context_items AS beside ON beside.workspace_id = ${workspace}
        AND beside.session = hits.session AND beside.session_position = ANY (hits.beside_in_session)
      UNION
      SELECT beside.id FROM hits JOIN context_items AS beside ON beside.workspace_id = ${workspace}
        AND beside.document_id = hits.document_id AND beside.position = ANY (hits.beside_in_document)
    )
    SELECT ${scores(parts)} FROM context_items WHERE ${visible} AND id IN (SELECT id FROM wanted)`;
}

const terms = '(SELECT terms FROM question)';

/** What is known of a row: its place, and its score in each leg. */
function scores({ question }: CandidateParts): string {
  const similarity = question
    ? `CASE WHEN embedding_space_id = ${question.spaceId} THEN 1 - (embedding <=> ${question.vector}::vector) END`
    : 'NULL::double precision';
  return `id, document_id, position, session, session_position, importance, created_at, ${similarity} AS dense,
          CASE WHEN lexemes @@ ${terms} THEN ts_rank(lexemes, ${terms}, 1) ELSE 0 END AS lexical`;
}
