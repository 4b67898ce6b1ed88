import { Injectable } from '@nestjs/common';
import { countTokens, fitsTokens, storable } from '#common';
import { Database } from '#database';
import { RedactionService } from '../redaction/redaction.service.js';
import type { SummaryTask } from './set-summary.js';
import { type NewSummary, SetSummaryRepository } from './set-summary.repository.js';
import { stateOf, summarySource } from './summary-source.js';
import { WantedPartRepository } from './wanted-part.repository.js';
import { WorkingSetRepository } from './working-set.repository.js';

/** What became of a summary that a model wrote. */
export type KeptSummary = 'kept' | 'outrun' | 'useless';

/** A model may be told a length; it need not keep to it. */
const patience = 2;

/** Summaries of working sets: what is to be summarised, and what came of it. Who asks the model is the caller's affair. */
@Injectable()
export class SetSummaryService {
  constructor(
    private readonly database: Database,
    private readonly sets: WorkingSetRepository,
    private readonly wanted: WantedPartRepository,
    private readonly summaries: SetSummaryRepository,
    private readonly redaction: RedactionService,
  ) {}

  /**
   * Takes on the summary of a set, of all who might at this moment the only one, and for a minute to come.
   * @returns nothing when somebody else has, or when there is nothing to be made: all fits, or what does not is summarised
   */
  begin(workspaceId: string, workingSetId: string): Promise<SummaryTask | undefined> {
    return this.database.inWorkspace(workspaceId, async (scope) => {
      if (!(await this.summaries.lease(scope, workingSetId))) return undefined;
      const set = await this.sets.find(scope, workingSetId);
      if (!set?.summary) return undefined;
      const wanted = await this.wanted.load(scope, set);
      const source = summarySource(set.summary, set.tokenBudget, wanted);
      if (!source) return undefined;
      const state = stateOf(set, wanted);
      const before = await this.summaries.find(scope, set.id);
      if (before?.source === source.hash) {
        await this.summaries.confirm(scope, set.id, state);
        return undefined;
      }
      const origin = { workingSetId: set.id, setVersion: set.version, definedAt: set.updatedAt };
      return { ...source, ...set.summary, ...origin, state };
    });
  }

  /**
   * Stores what a model wrote, without the personal data that the workspace does not store.
   * @returns `outrun` when what it was made of, or the set's definition, changed meanwhile; `useless` for nothing, or for far too much
   */
  keep(workspaceId: string, { text, model, ...made }: Omit<NewSummary, 'tokens'>): Promise<KeptSummary> {
    return this.database.inWorkspace(workspaceId, async (scope) => {
      const written = text.trim();
      if (written === '' || !fitsTokens(written, patience * made.task.maxTokens)) return 'useless';
      const kept = (await this.redaction.redactor(scope)).text(written);
      const stored = await this.summaries.store(scope, {
        ...made,
        text: kept,
        tokens: countTokens(kept),
        // As the upstream wrote its name.
        model: storable(model),
      });
      return stored ? 'kept' : 'outrun';
    });
  }
}
