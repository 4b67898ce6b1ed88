import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { encodingOf } from '#common';
import { AppConfig } from '#config';
import { type WorkingSet, type WorkingSetBlock, WorkingSetService } from '#context-memory';
import type { CompletionRequest } from '#llm-proxy';
import type { ForwardedCall } from './forwarded-call.js';

/** A working set in a call, and its block. */
export interface ChatSet extends WorkingSetBlock {
  set: WorkingSet;
}

/** The working set that a chat call names. */
@Injectable()
export class ChatWorkingSet {
  /** Budgets as they were last read: a call is admitted before the database is asked. */
  private readonly budgets = new LRUCache<string, number>({ max: 10_000 });

  constructor(
    private readonly config: AppConfig,
    private readonly sets: WorkingSetService,
  ) {}

  /** The most tokens that the set may add, as far as this process knows; what it does add is settled. */
  budgetOf(call: ForwardedCall, { context }: CompletionRequest): number {
    if (context?.workingSet === undefined) return 0;
    return this.budgets.get(keyOf(call, context.workingSet)) ?? this.config.memory.CONTEXT_TOKEN_BUDGET;
  }

  /**
   * The set's block, less what the conversation says itself; undefined when the call names none.
   * @throws WorkingSetNotFoundError naming the field, DatabaseUnavailableError
   */
  async render(call: ForwardedCall, request: CompletionRequest): Promise<ChatSet | undefined> {
    const { context, messages, model } = request;
    if (context?.workingSet === undefined) return undefined;
    const { workspaceId } = call.caller;
    const set = await this.sets.get(workspaceId, context.workingSet, 'context.working_set');
    this.budgets.set(keyOf(call, context.workingSet), set.tokenBudget);
    const options = { encoding: encodingOf(model), messages: [...messages] };
    return { set, ...(await this.sets.render(workspaceId, set, options)) };
  }
}

const keyOf = ({ caller }: ForwardedCall, name: string): string => `${caller.workspaceId}:${name}`;
