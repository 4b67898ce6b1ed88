import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import { askedWords, worthOf } from './asked-terms.js';
import type { Candidate, RankedCandidate } from './candidate.js';
import { CandidatesRepository, type QuestionVector } from './candidates.repository.js';
import { rank } from './fusion.js';
import { wordSettings } from './ranking.js';
import type { RecallPlan } from './recall-request.js';
import { type Evidence, evidenceOf, relevanceOf } from './relevance.js';
import { TermRepository } from './term.repository.js';
import { scoreWords } from './word-scores.js';
import { WorkspaceSize } from './workspace-size.js';

/** Rows each leg brings at least where all are measured anyway: what one leg holds for good is then among what the other brings. */
const leastMeasured = 80;

/** What was found, and how the dense leg searched; `none` without vectors. */
export interface FoundCandidates {
  search: 'exact' | 'hnsw' | 'none';
  evidence: Evidence;
  /** How likely it is that something of it is known; undefined where nobody can tell. */
  relevance: number | undefined;
  /** Best first. */
  ranked: RankedCandidate[];
}

/** Both legs of recall, fused. */
@Injectable()
export class CandidateSearch {
  constructor(
    private readonly terms: TermRepository,
    private readonly candidates: CandidatesRepository,
    private readonly sizes: WorkspaceSize,
  ) {}

  /** @param wanted rows that will be looked at */
  async find(
    scope: WorkspaceScope,
    plan: RecallPlan,
    question: QuestionVector | undefined,
    wanted: number,
  ): Promise<FoundCandidates> {
    const { session, filter, said } = plan;
    const approximate = question !== undefined && (await this.sizes.usesIndex(scope, question.space));
    const counted = await this.terms.count(scope, plan.question);
    const words = askedWords(counted.terms, counted.corpus, wordSettings.exact);
    // A long conversation that was saved would take all places with what it says itself.
    const perLeg = (approximate ? wanted : Math.max(leastMeasured, wanted)) + said.size;
    const hits = await this.candidates.find(scope, { words, question, approximate, session, filter, perLeg });
    const frequencies = await this.terms.frequencies(
      scope,
      words.terms,
      hits.map(({ rowId }) => rowId),
    );
    const scored = scoreWords(hits, frequencies, words, wordSettings);
    const fresh = scored.filter(({ contentHash }) => !said.has(contentHash));
    const worth = worthOf(counted.terms, counted.corpus, wordSettings.exact);
    // How many a session or a filter leaves is known only where it leaves few.
    const isNarrowed = session !== undefined || filter !== undefined;
    const among = isNarrowed ? fresh.length : counted.corpus.items;
    const evidence = evidenceOf(fresh, worth, among);
    return {
      search: question ? (approximate ? 'hnsw' : 'exact') : 'none',
      relevance: relevanceOf(evidence, question?.space),
      evidence,
      ranked: rank(scored, newestOf(scored)),
    };
  }
}

/**
 * Age is counted from the newest candidate, not from the clock: the same question of the same memory then gives the same bytes
 * tomorrow, too.
 */
const newestOf = (candidates: Candidate[]): number =>
  candidates.reduce((newest, { createdAt }) => Math.max(newest, createdAt.getTime()), 0);
