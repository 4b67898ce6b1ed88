import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import { filterSql } from '../filter/filter-sql.js';
import type { Filter } from '../filter/metadata-filter.js';
import { SqlParameters } from '../filter/sql-parameters.js';
import type { IndexedSpace } from '../indexing/vector-index.repository.js';
import { vectorLiteral } from '../indexing/vector-literal.js';
import type { AskedWords } from './asked-terms.js';
import { averageLength } from './bm25.js';
import type { Candidate } from './candidate.js';
import { candidateSql } from './candidate-sql.js';

/** Rows that the walk through an approximate index keeps in view at least: more find more of the nearest, and take longer. */
const leastRemembered = 150;

/** The question as a vector, and where vectors like it are. */
export interface QuestionVector {
  vector: ArrayLike<number>;
  space: IndexedSpace;
}

/** What the two legs look for. */
export interface CandidateQuery {
  words: AskedWords;
  /** Absent: the lexical leg alone. */
  question: QuestionVector | undefined;
  /** Use the approximate index for the dense leg. */
  approximate: boolean;
  session?: string;
  filter?: Filter;
  /** Rows that each leg brings. */
  perLeg: number;
}

interface CandidateRow {
  id: string;
  document_id: string | null;
  position: number;
  content_hash: string;
  session: string | null;
  session_position: string | null;
  importance: number;
  created_at: Date;
  dense: number | null;
}

/** A row that was found, before its words are counted. */
export type Hit = Omit<Candidate, 'words' | 'lexical'>;

/** The two legs of recall, and the rows next to what they found, in one round trip. */
@Injectable()
export class CandidatesRepository {
  async find(scope: WorkspaceScope, query: CandidateQuery): Promise<Hit[]> {
    const measuresAll = query.question !== undefined && !query.approximate;
    await this.setPlanner(scope, measuresAll, query.perLeg);
    const parameters = new SqlParameters();
    const workspace = parameters.add(scope.workspaceId);
    const visible = [`workspace_id = ${workspace}`, '(expires_at IS NULL OR expires_at > now())'];
    if (query.session !== undefined) visible.push(`session = ${parameters.add(query.session)}`);
    if (query.filter) visible.push(filterSql(query.filter, parameters));
    const { question, words } = query;
    const looked = words.terms.slice(0, words.looked);
    const rows = await scope.query<CandidateRow>(
      candidateSql({
        workspace,
        visible: visible.join(' AND '),
        terms: parameters.add(looked.map(({ term }) => term)),
        weights: parameters.add(looked.map(({ weight }) => weight)),
        averageLength: parameters.add(averageLength(words.corpus)),
        question: question && {
          ...question,
          vector: parameters.add(vectorLiteral(question.vector, question.space.dimensions)),
        },
        approximate: query.approximate,
        perLeg: query.perLeg,
      }),
      parameters.values,
    );
    return rows.map(toHit);
  }

  /** Settings that end with the transaction. */
  private async setPlanner(scope: WorkspaceScope, measuresAll: boolean, perLeg: number): Promise<void> {
    const settings: Record<string, string> = measuresAll
      ? // A workspace that just grew has no statistics; believing it tiny, the planner would compare all rows with all.
        { enable_nestloop: 'off', enable_mergejoin: 'off' }
      : {
          // A filter must not leave fewer rows than there are.
          'hnsw.iterative_scan': 'strict_order',
          'hnsw.max_scan_tuples': '200000',
          'hnsw.ef_search': String(Math.min(1_000, Math.max(leastRemembered, perLeg))),
          // The row count has decided for the indexes; the planner's guess must not undo it.
          enable_sort: 'off',
        };
    // What is switched off has a price that makes the planner compile the statement, which takes longer than running it.
    settings['jit'] = 'off';
    await scope.query(`SELECT set_config(key, value, true) FROM jsonb_each_text($1::jsonb)`, [
      JSON.stringify(settings),
    ]);
  }
}

const toHit = (row: CandidateRow): Hit => ({
  rowId: row.id,
  itemId: row.document_id ?? row.id,
  documentId: row.document_id,
  position: row.position,
  contentHash: row.content_hash,
  session: row.session,
  sessionPosition: row.session_position === null ? null : Number(row.session_position),
  importance: row.importance,
  createdAt: row.created_at,
  dense: row.dense,
});
