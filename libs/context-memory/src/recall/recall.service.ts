import { Injectable } from '@nestjs/common';
import { AppConfig } from '#config';
import { Database } from '#database';
import { metrics } from '#observability';
import { embeddingSpaceKey } from '../embedding/embedder.port.js';
import { packContext } from '../packing/packing.js';
import type { RankedCandidate, RecalledItem } from './candidate.js';
import { CandidateSearch, type FoundCandidates } from './candidate-search.js';
import type { QuestionVector } from './candidates.repository.js';
import { diversify } from './diversity.js';
import { QuestionEmbedder } from './question-embedder.js';
import { planRecall, type RecallPlan, type RecallRequest } from './recall-request.js';
import { emptyBlock, type CandidateExplanation, type RecallResult } from './recall-result.js';
import { type RecalledRow, RecalledRowsRepository } from './recalled-rows.repository.js';
import { type Selection, selectItems, silence } from './selection.js';

/** Texts loaded beyond `topK`: what takes the place of those that are there twice. */
const spare = 50;

interface Found extends FoundCandidates {
  rows: Map<string, RecalledRow>;
}

/** Finds what a workspace knows about a question, and packs it into a token budget. */
@Injectable()
export class RecallService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly questions: QuestionEmbedder,
    private readonly candidates: CandidateSearch,
    private readonly texts: RecalledRowsRepository,
  ) {}

  /**
   * Recalls by meaning and by words; in a local space, or by words alone, and saying so, when the embedder is away.
   * @throws InvalidRequestError naming the field, DatabaseUnavailableError, the signal's reason
   */
  async recall(workspaceId: string, request: RecallRequest): Promise<RecallResult> {
    const plan = planRecall(request, this.config.memory.CONTEXT_TOKEN_BUDGET);
    const stop = metrics.context.recallDuration.startTimer();
    try {
      const result = plan.question.trim() === '' ? nothing() : await this.answer(workspaceId, plan);
      metrics.context.recallResults.inc({ outcome: outcomeOf(result) });
      return result;
    } catch (error) {
      metrics.context.recallResults.inc({ outcome: 'failed' });
      throw error;
    } finally {
      stop();
    }
  }

  private async answer(workspaceId: string, plan: RecallPlan): Promise<RecallResult> {
    const start = performance.now();
    const { question, degraded } = await this.questions.embed(workspaceId, plan.question, plan.signal);
    const embedded = performance.now();
    const found = await this.search(workspaceId, plan, question);
    plan.signal?.throwIfAborted();
    const searched = performance.now();
    const isSilent = found.relevance !== undefined && found.relevance < plan.minRelevance;
    const selection = isSilent ? silence(found.ranked) : selectItems(found.ranked, found.rows, plan);
    const items = [...selection.items.values()];
    const { block, packed } = packContext(items, plan.tokenBudget, plan.encoding, plan.behind.length + 1);
    const end = performance.now();
    return {
      items,
      context: block,
      packed: items.filter((item) => packed.has(item)),
      degraded,
      relevance: found.relevance,
      explanation: {
        search: found.search,
        space: question ? embeddingSpaceKey(question.space) : null,
        evidence: found.evidence,
        candidates: found.ranked.map((candidate) => explain(candidate, selection, packed)),
        timingsMs: {
          embed: embedded - start,
          search: searched - embedded,
          pack: end - searched,
          total: end - start,
        },
      },
    };
  }

  private search(
    workspaceId: string,
    plan: RecallPlan,
    question: QuestionVector | undefined,
  ): Promise<Found> {
    return this.database.inWorkspace(workspaceId, async (scope) => {
      const wanted = plan.topK + spare;
      const { ranked, ...found } = await this.candidates.find(scope, plan, question, wanted);
      const best = ranked.filter(({ contentHash }) => !plan.said.has(contentHash)).slice(0, wanted);
      const rows = await this.texts.load(
        scope,
        best.map(({ rowId }) => rowId),
        best.flatMap(({ documentId }) => documentId ?? []),
      );
      return { ...found, ranked: diversify(ranked, ({ rowId }) => rows.get(rowId)?.content), rows };
    });
  }
}

function explain(
  candidate: RankedCandidate,
  selection: Selection,
  packed: Set<RecalledItem>,
): CandidateExplanation {
  const item = selection.items.get(candidate);
  const isPacked = item !== undefined && packed.has(item);
  return {
    id: candidate.itemId,
    position: candidate.documentId === null ? undefined : candidate.position,
    ranks: candidate.ranks,
    scores: candidate.scores,
    decision: isPacked ? 'packed' : 'dropped',
    reason: isPacked ? 'fits' : (selection.dropped.get(candidate) ?? 'over_budget'),
  };
}

const nothing = (): RecallResult => ({
  items: [],
  context: emptyBlock,
  packed: [],
  degraded: [],
  relevance: undefined,
  explanation: {
    search: 'none',
    space: null,
    evidence: { similarity: null, words: 0, among: 0 },
    candidates: [],
    timingsMs: { embed: 0, search: 0, pack: 0, total: 0 },
  },
});

function outcomeOf({ items, degraded, explanation }: RecallResult): string {
  if (degraded.length > 0) return 'degraded';
  if (items.length > 0) return 'full';
  return explanation.candidates[0]?.reason === 'not_relevant' ? 'silent' : 'empty';
}
