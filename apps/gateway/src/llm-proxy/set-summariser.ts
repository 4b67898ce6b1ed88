import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { PinoLogger } from 'nestjs-pino';
import { BackgroundTasks, newId } from '#common';
import { SetSummaryService, type SummaryTask } from '#context-memory';
import {
  type AnswerSink,
  CompletionProxy,
  type CompletionOutcome,
  ModelCatalogue,
  readCompletionRequest,
  upstreamBody,
} from '#llm-proxy';
import { metrics } from '#observability';
import { type Admission, LimitError, RateLimiter } from '#rate-limit';
import { factsOf, usageOf, usageOfFailure } from './call-usage.js';
import type { ChatSet } from './chat-working-set.js';
import type { ForwardedCall } from './forwarded-call.js';
import { demandModels } from './model-access.js';
import { ModelRouter, type RoutedRequest } from './model-router.js';
import { PromptCounter } from './prompt-counter.js';
import { summaryQuestion } from './summary-question.js';

/** No longer than others are kept from making the same summary. */
const longestMs = 55_000;

/** Has working sets summarised, behind the calls that use them: each summary is one chat call more, of the same key. */
@Injectable()
export class SetSummariser {
  /** Keys that may not use a set's model, as they were logged. */
  private readonly told = new LRUCache<string, true>({ max: 10_000 });

  constructor(
    private readonly summaries: SetSummaryService,
    private readonly counter: PromptCounter,
    private readonly router: ModelRouter,
    private readonly limiter: RateLimiter,
    private readonly proxy: CompletionProxy,
    private readonly catalogue: ModelCatalogue,
    private readonly background: BackgroundTasks,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(SetSummariser.name);
  }

  /** After a reply for which a set was put in: begins its summary, if that is due and the key may pay for it. */
  follow(call: ForwardedCall, { set, isSummaryDue }: ChatSet): void {
    if (!isSummaryDue || set.summary === null) return;
    const { model } = set.summary;
    try {
      // Before the set is taken on: another key, which may use the model, must not have to wait.
      demandModels(call.caller, { models: [model], otherRoutes: [] });
    } catch (error) {
      this.refuse(call, set.id, model, error);
      return;
    }
    this.background.run('summarise working set', () => this.summarise(call, set.id));
  }

  private async summarise(call: ForwardedCall, workingSetId: string): Promise<void> {
    const fields = { ...who(call), working_set_id: workingSetId };
    try {
      const task = await this.summaries.begin(call.caller.workspaceId, workingSetId);
      if (!task) return;
      const { outcome, usageEventId } = await this.ask(call, task);
      if (outcome.error) throw outcome.error;
      const { text, model, usage } = outcome;
      const kept = await this.summaries.keep(call.caller.workspaceId, { task, text, model, usageEventId });
      if (kept === 'useless') throw new Error('The model wrote nothing, or far more than it was asked for');
      metrics.context.setSummaries.inc({ outcome: kept === 'kept' ? 'made' : kept });
      const { promptTokens: prompt_tokens, completionTokens: completion_tokens } = usage;
      const spent = { model, prompt_tokens, completion_tokens, usage_event_id: usageEventId };
      this.logger.info({ ...fields, ...spent, kept: kept === 'kept' }, 'working_set_summarised');
    } catch (error) {
      // Nobody waits for it: the summary before stays, and a call after the set's rest tries again.
      metrics.context.setSummaries.inc({ outcome: error instanceof LimitError ? 'refused' : 'failed' });
      this.logger.warn({ ...fields, exception: String(error) }, 'working_set_summary_failed');
    }
  }

  /** admit → proxy → settle, as for every chat call. */
  private async ask(
    call: ForwardedCall,
    task: SummaryTask,
  ): Promise<{ outcome: CompletionOutcome; usageEventId: string }> {
    const { caller } = call;
    const asked = readCompletionRequest(summaryQuestion(task));
    const count = this.counter.count(caller.workspaceId, asked);
    const request = this.router.route(caller, asked, count);
    const admission = await this.limiter.admit({
      caller,
      callId: newId(),
      tokens: count.tokens + task.maxTokens,
    });
    const outcome = await this.forward(call, request, count.tokens, admission);
    return { outcome, usageEventId: admission.callId };
  }

  private async forward(
    { requestId }: ForwardedCall,
    request: RoutedRequest,
    promptTokens: number,
    admission: Admission,
  ): Promise<CompletionOutcome> {
    const facts = factsOf({ requestId: `${requestId}.summary` }, 'chat', request.model);
    try {
      const outcome = await this.proxy.forward(
        {
          routes: request.routes,
          bodyFor: (model) => upstreamBody(request, { model }),
          stream: false,
          includeUsage: true,
          promptTokens,
          signal: AbortSignal.timeout(longestMs),
          onDecided: () => undefined,
        },
        nobody,
      );
      await admission.settle(usageOf(facts, outcome, this.catalogue));
      return outcome;
    } catch (error) {
      await admission.refund(usageOfFailure(facts, error));
      throw error;
    }
  }

  /** Once for each key and model. */
  private refuse(call: ForwardedCall, workingSetId: string, model: string, error: unknown): void {
    const told = `${call.caller.keyId}:${workingSetId}:${model}`;
    if (this.told.has(told)) return;
    this.told.set(told, true);
    metrics.context.setSummaries.inc({ outcome: 'refused' });
    const fields = { ...who(call), working_set_id: workingSetId, exception: String(error) };
    this.logger.warn(fields, 'working_set_summary_failed');
  }
}

/** The answer is read from the outcome. */
const nobody: AnswerSink = { start: () => undefined, write: () => undefined, end: () => undefined };

const who = ({ caller, requestId }: ForwardedCall) => ({
  workspace_id: caller.workspaceId,
  key_id: caller.keyId,
  request_id: requestId,
});
