import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { BackgroundTasks, InvalidRequestError, newId } from '#common';
import { AppConfig } from '#config';
import {
  IngestService,
  parseFilter,
  ReceiptService,
  RecallService,
  type NewReceipt,
  type RecallResult,
} from '#context-memory';
import type {
  AttemptRecord,
  ChatMessage,
  CompletionOutcome,
  CompletionRequest,
  ContextOptions,
} from '#llm-proxy';
import { metrics } from '#observability';
import { settledBefore } from '../http/settled-before.js';
import { attemptsOf, receiptOf } from './chat-receipt.js';
import { asksForRecall, asksToSave } from './context-wishes.js';
import type { ForwardedCall } from './forwarded-call.js';

/** What memory adds to one call. */
export interface ChatContext {
  /** Not written yet: it lacks the attempts. */
  receipt: NewReceipt;
  /** Goes in just before the last user message; absent when nothing was asked for or found. */
  message: ChatMessage | undefined;
  tokens: number;
  items: number;
  /** What recall had to do without: `dense` (the embedder is away), `recall` (all of it). */
  degraded: string[];
}

/** Memory's two moments in a chat call: recall before it, remember after it. */
@Injectable()
export class ChatMemory {
  constructor(
    private readonly config: AppConfig,
    private readonly recallService: RecallService,
    private readonly receipts: ReceiptService,
    private readonly ingest: IngestService,
    private readonly background: BackgroundTasks,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ChatMemory.name);
  }

  /** The most tokens that recall may add to this call. */
  budgetOf({ context }: CompletionRequest): number {
    return asksForRecall(context) ? (context?.tokenBudget ?? this.config.memory.CONTEXT_TOKEN_BUDGET) : 0;
  }

  /** @throws InvalidRequestError for a wish that recall would refuse: said before anything is taken for the call */
  check({ context }: CompletionRequest): void {
    if (asksForRecall(context) && context?.filter !== undefined) parseFilter(context.filter);
  }

  /**
   * Recalls if the call asks for it. Memory that is away costs the call its context, not its answer.
   * @throws InvalidRequestError when the wishes themselves are wrong
   */
  async recall(call: ForwardedCall, request: CompletionRequest): Promise<ChatContext> {
    const id = newId();
    const { result, degraded } = await this.recallOrNothing(call, request);
    const tokens = result?.context.tokens ?? 0;
    metrics.context.tokensInjected.inc(tokens);
    return {
      receipt: receiptOf(id, call, request, {
        result,
        degraded,
        minRelevance: this.minRelevanceOf(request.context),
      }),
      message: tokens === 0 ? undefined : { role: 'user', content: result?.context.text },
      tokens,
      items: result?.packed.length ?? 0,
      degraded,
    };
  }

  /** Writes the receipt beside the answer, once it is decided who answers, or that nobody does. */
  writeReceipt({ receipt }: ChatContext, attempts: readonly AttemptRecord[]): void {
    this.background.run('write receipt', () =>
      this.receipts.write({ ...receipt, attempts: attemptsOf(attempts) }),
    );
  }

  /** Stores the turn after the reply, if the call asked for it and the reply is whole. */
  remember(call: ForwardedCall, { messages, context }: CompletionRequest, outcome: CompletionOutcome): void {
    if (!asksToSave(context) || outcome.status !== 'completed') return;
    const question = messages.findLast(({ role }) => role === 'user');
    const reply = { role: 'assistant', content: outcome.text };
    this.background.run('remember turn', () =>
      this.ingest.remember({
        workspaceId: call.caller.workspaceId,
        session: context?.session ?? call.requestId,
        turns: question ? [{ role: 'user', content: question.content }, reply] : [reply],
      }),
    );
  }

  private minRelevanceOf(context: ContextOptions | undefined): number {
    return context?.minRelevance ?? this.config.memory.CONTEXT_MIN_RELEVANCE;
  }

  private async recallOrNothing(
    call: ForwardedCall,
    { context, messages }: CompletionRequest,
  ): Promise<{ result: RecallResult | undefined; degraded: string[] }> {
    if (!asksForRecall(context)) return { result: undefined, degraded: [] };
    const deadline = AbortSignal.timeout(this.config.memory.CONTEXT_RECALL_TIMEOUT_MS);
    try {
      const signal = AbortSignal.any([call.signal, deadline]);
      const recall = this.recallService.recall(call.caller.workspaceId, {
        messages: [...messages],
        tokenBudget: context?.tokenBudget,
        minRelevance: this.minRelevanceOf(context),
        filter: context?.filter,
        signal,
      });
      // Recall looks at its signal between two steps; a database that hangs would keep it in one.
      const result = await settledBefore(signal, recall);
      return { result, degraded: result.degraded };
    } catch (error) {
      if (error instanceof InvalidRequestError || call.signal.aborted) throw error;
      this.logger.warn({ workspace_id: call.caller.workspaceId, exception: String(error) }, 'recall_failed');
      return { result: undefined, degraded: ['recall'] };
    }
  }
}
