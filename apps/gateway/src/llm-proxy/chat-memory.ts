import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { BackgroundTasks, GatewayError, newId } from '#common';
import { AppConfig } from '#config';
import { IngestService, parseFilter, ReceiptService, RecallService, type NewReceipt } from '#context-memory';
import type {
  AttemptRecord,
  ChatMessage,
  CompletionOutcome,
  CompletionRequest,
  ContextOptions,
} from '#llm-proxy';
import { metrics } from '#observability';
import { settledBefore } from '../http/settled-before.js';
import { joinBlocks } from './chat-block.js';
import { attemptsOf, type FoundContext, receiptOf } from './chat-receipt.js';
import { type ChatSet, ChatWorkingSet } from './chat-working-set.js';
import { asksForRecall, asksOfMemory, asksToSave } from './context-wishes.js';
import type { ForwardedCall } from './forwarded-call.js';
import { SetSummariser } from './set-summariser.js';

/** What memory adds to one call. */
export interface ChatContext {
  /** Not written yet: it lacks the attempts. */
  receipt: NewReceipt;
  /** Goes in just before the last user message; absent when nothing was asked for or found. */
  message: ChatMessage | undefined;
  tokens: number;
  items: number;
  /** What had to be done without: `dense` (the embedder is away), `recall` (all of it), `working_set`. */
  degraded: string[];
  /** The working set that was put in. */
  set: ChatSet | undefined;
}

/** Memory's two moments in a chat call: recall before it, remember after it. */
@Injectable()
export class ChatMemory {
  constructor(
    private readonly config: AppConfig,
    private readonly recallService: RecallService,
    private readonly workingSets: ChatWorkingSet,
    private readonly receipts: ReceiptService,
    private readonly ingest: IngestService,
    private readonly summariser: SetSummariser,
    private readonly background: BackgroundTasks,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ChatMemory.name);
  }

  /** The most tokens that a working set and recall may add to this call. */
  budgetOf(call: ForwardedCall, request: CompletionRequest): number {
    const { context } = request;
    const recalled = context?.tokenBudget ?? this.config.memory.CONTEXT_TOKEN_BUDGET;
    return this.workingSets.budgetOf(call, request) + (asksForRecall(context) ? recalled : 0);
  }

  /** @throws InvalidRequestError for a wish that recall would refuse: said before anything is taken for the call */
  check({ context }: CompletionRequest): void {
    if (asksForRecall(context) && context?.filter !== undefined) parseFilter(context.filter);
  }

  /**
   * Fetches the working set that the call names and recalls if it asks for that. What changes less stands first, in one message.
   * Memory that is away costs the call its context, not its answer.
   * @throws InvalidRequestError when the wishes themselves are wrong, WorkingSetNotFoundError
   */
  async recall(call: ForwardedCall, request: CompletionRequest): Promise<ChatContext> {
    const id = newId();
    const found = asksOfMemory(request.context) ? await this.find(call, request) : { degraded: [] };
    const { text, tokens } = joinBlocks([found.set?.block, found.recall?.context]);
    metrics.context.tokensInjected.inc(tokens);
    const receipt = receiptOf(id, call, request, {
      ...found,
      tokens,
      minRelevance: this.minRelevanceOf(request.context),
    });
    return {
      receipt,
      message: tokens === 0 ? undefined : { role: 'user', content: text },
      tokens,
      items: receipt.items.length,
      degraded: found.degraded,
      set: found.set,
    };
  }

  /** Writes the receipt beside the answer, once it is decided who answers, or that nobody does. */
  writeReceipt({ receipt }: ChatContext, attempts: readonly AttemptRecord[]): void {
    this.background.run('write receipt', () =>
      this.receipts.write({ ...receipt, attempts: attemptsOf(attempts) }),
    );
  }

  /** After a reply that is whole: stores the turn if the call asked for it, and has its working set summarised if that is due. */
  remember(
    call: ForwardedCall,
    { messages, context }: CompletionRequest,
    outcome: CompletionOutcome,
    { set }: ChatContext,
  ): void {
    if (outcome.status !== 'completed') return;
    if (set) this.summariser.follow(call, set);
    if (!asksToSave(context)) return;
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

  private async find(call: ForwardedCall, request: CompletionRequest): Promise<FoundContext> {
    const { context, messages } = request;
    const deadline = AbortSignal.timeout(this.config.memory.CONTEXT_RECALL_TIMEOUT_MS);
    const signal = AbortSignal.any([call.signal, deadline]);
    const degraded: string[] = [];
    const set =
      context?.workingSet === undefined
        ? undefined
        : await this.unlessAway(
            'working_set',
            call,
            signal,
            degraded,
            this.workingSets.render(call, request),
          );
    if (!asksForRecall(context)) return { set, degraded };
    const recalling = this.recallService.recall(call.caller.workspaceId, {
      messages: [...messages],
      tokenBudget: context?.tokenBudget,
      minRelevance: this.minRelevanceOf(context),
      filter: context?.filter,
      behind: set?.packed,
      signal,
    });
    const recall = await this.unlessAway('recall', call, signal, degraded, recalling);
    return { set, recall, degraded: [...degraded, ...(recall?.degraded ?? [])] };
  }

  /** @param degraded told of a part that is away or too slow @throws when a wish is wrong, or the client has left */
  private async unlessAway<T>(
    part: 'working_set' | 'recall',
    call: ForwardedCall,
    signal: AbortSignal,
    degraded: string[],
    work: Promise<T>,
  ): Promise<T | undefined> {
    try {
      // Recall looks at its signal between two steps; a database that hangs would keep it in one.
      return await settledBefore(signal, work);
    } catch (error) {
      const isWish = error instanceof GatewayError && error.httpStatus < 500;
      if (isWish || call.signal.aborted) throw error;
      this.logger.warn({ workspace_id: call.caller.workspaceId, exception: String(error) }, `${part}_failed`);
      degraded.push(part);
      return undefined;
    }
  }
}
