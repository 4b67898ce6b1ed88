import { Injectable } from '@nestjs/common';
import { systemClock } from '#common';
import type { WorkspaceScope } from '#database';
import { askedWords } from './asked-terms.js';
import type { RankedCandidate } from './candidate.js';
import { CandidatesRepository, type QuestionVector } from './candidates.repository.js';
import { rank } from './fusion.js';
import { wordSettings } from './ranking.js';
import type { RecallPlan } from './recall-request.js';
import { TermRepository } from './term.repository.js';
import { scoreWords } from './word-scores.js';
import { WorkspaceSize } from './workspace-size.js';

/** Rows each leg brings at least; enough that the neighbours of the good ones are among them. */
const leastPerLeg = 150;

/** What was found, and how the dense leg searched; `none` without vectors. */
export interface FoundCandidates {
  search: 'exact' | 'hnsw' | 'none';
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
    const { session, filter } = plan;
    const approximate = question !== undefined && (await this.sizes.usesIndex(scope, question.space));
    const counted = await this.terms.count(scope, plan.question);
    const words = askedWords(counted.terms, counted.corpus, wordSettings.exact);
    const perLeg = Math.max(leastPerLeg, wanted);
    const hits = await this.candidates.find(scope, { words, question, approximate, session, filter, perLeg });
    const frequencies = await this.terms.frequencies(
      scope,
      words.terms.map(({ term }) => term),
      hits.map(({ rowId }) => rowId),
    );
    const ranked = rank(scoreWords(hits, frequencies, words, wordSettings), systemClock.now());
    return { search: question ? (approximate ? 'hnsw' : 'exact') : 'none', ranked };
  }
}
