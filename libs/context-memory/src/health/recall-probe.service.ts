import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { systemClock } from '#common';
import { AppConfig } from '#config';
import { Database } from '#database';
import { metrics } from '#observability';
import { contentHash } from '../ingest/content-hash.js';
import { RecallService } from '../recall/recall.service.js';
import { maskedQuestion } from './masked-question.js';
import type { RecallMeasurement } from './recall-health.js';
import { RecallHealthRepository, type SampledItem } from './recall-health.repository.js';

/** Items asked for in one workspace: two hundred would be no dearer to read, but to ask for. */
const sampleSize = 20;
/** An item counts as found among the first so many, which is what a recall returns by default. */
const topK = 10;
const workspacesPerRun = 5;

/** Asks workspaces for what they are known to hold, and notes how much comes back. */
@Injectable()
export class RecallProbeService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly repository: RecallHealthRepository,
    private readonly recall: RecallService,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(RecallProbeService.name);
  }

  /**
   * Probes the few workspaces that have waited longest, one after the other and one question at a time.
   * @throws DatabaseUnavailableError
   */
  async probeDue(): Promise<void> {
    const every = this.config.memory.CONTEXT_PROBE_INTERVAL_SECONDS;
    const due = await this.database.asSystem((scope) =>
      this.repository.takeDue(scope, every, workspacesPerRun),
    );
    for (const workspaceId of due) await this.probe(workspaceId);
    const effectiveness = await this.database.asSystem((scope) => this.repository.effectiveness(scope));
    for (const [statistic, share] of Object.entries(effectiveness ?? {})) {
      metrics.context.recallEffectiveness.set({ statistic }, share);
    }
  }

  /** Asks one workspace for items of its own, each by its text without the word that matters most. */
  async probe(workspaceId: string): Promise<RecallMeasurement> {
    const sample = await this.database.inWorkspace(workspaceId, (scope) =>
      this.repository.sample(scope, sampleSize),
    );
    const degraded = new Set<string>();
    const seen: boolean[] = [];
    for (const item of sample) {
      const question = maskedQuestion(item.content);
      if (question !== undefined) seen.push(await this.isFound(workspaceId, item, question, degraded));
    }
    const found = seen.filter(Boolean).length;
    metrics.context.recallProbes.inc({ outcome: 'found' }, found);
    metrics.context.recallProbes.inc({ outcome: 'missed' }, seen.length - found);
    const measuredAt = new Date(systemClock.now());
    const measurement = { asked: seen.length, found, topK, degraded: [...degraded], measuredAt };
    await this.database.inWorkspace(workspaceId, (scope) => this.repository.save(scope, measurement));
    const fields = { workspace_id: workspaceId, sample_size: seen.length, found, degraded: [...degraded] };
    this.logger.info(fields, 'recall_probed');
    return measurement;
  }

  /** An equal text in its place is as good: recall gives each text once. */
  private async isFound(
    workspaceId: string,
    { id, content }: SampledItem,
    question: string,
    degraded: Set<string>,
  ): Promise<boolean> {
    const result = await this.recall.recall(workspaceId, { query: question, topK, tokenBudget: 0 });
    for (const leg of result.degraded) degraded.add(leg);
    const hash = contentHash(content);
    return result.items.some((item) => item.id === id || contentHash(item.content) === hash);
  }
}
