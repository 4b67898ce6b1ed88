import { Injectable } from '@nestjs/common';
import type { Caller } from '#auth';
import { AppConfig } from '#config';
import {
  type CompletionRequest,
  ModelCatalogue,
  type PromptSize,
  resolveRoutes,
  roomIn,
  routesThatFit,
} from '#llm-proxy';
import { asksForRecall } from './context-wishes.js';
import { demandModels } from './model-access.js';
import type { PromptCount } from './prompt-counter.js';

/** A chat call that knows where it goes. */
export interface RoutedRequest extends CompletionRequest {
  /** The upstream's names in the order to try them; `model` is the first. */
  routes: readonly [string, ...string[]];
}

/** Decides, from memory alone, which models may serve a call. */
@Injectable()
export class ModelRouter {
  constructor(
    private readonly config: AppConfig,
    private readonly catalogue: ModelCatalogue,
  ) {}

  /**
   * Holds the call against the key's list, resolves virtual names, and leaves out models whose window is certainly too small.
   * Names that no catalogue knows pass: OpenRouter may have added them a minute ago.
   *
   * @param count of the prompt
   * @returns the call with its routes, and with no larger a budget for context than the first one's window leaves
   * @throws ModelNotAllowedError · ContextLengthError when no route is left
   */
  route(caller: Caller, request: CompletionRequest, count: PromptCount): RoutedRequest {
    demandModels(caller, request);
    const routes = resolveRoutes(request.models, caller.models.virtual);
    const size = sizeOf(request, count);
    const fitting = request.isOfOpenLength
      ? routes
      : routesThatFit(routes, size, (id) => this.catalogue.find(id));
    const [model] = fitting;
    return { ...request, model, routes: fitting, context: this.fittingContext(request, model, size) };
  }

  /**
   * The upstream's name for an embeddings call: of a virtual model just the first, because vectors of two models cannot be
   * compared.
   * @throws ModelNotAllowedError
   */
  routeEmbeddings(caller: Caller, request: Parameters<typeof demandModels>[1] & { model: string }): string {
    demandModels(caller, request);
    return resolveRoutes([request.model], caller.models.virtual)[0];
  }

  /** Recalled context must not be what makes a prompt too long. */
  private fittingContext(
    { context }: CompletionRequest,
    model: string,
    size: PromptSize,
  ): CompletionRequest['context'] {
    if (!context || !asksForRecall(context)) return context;
    const wanted = context.tokenBudget ?? this.config.memory.CONTEXT_TOKEN_BUDGET;
    const usualAnswer = this.config.rateLimit.DEFAULT_MAX_TOKENS;
    const room = roomIn(model, size, usualAnswer, (id) => this.catalogue.find(id));
    return room < wanted ? { ...context, tokenBudget: Math.max(1, room) } : context;
  }
}

const sizeOf = (
  { instructions, messages, maxTokens }: CompletionRequest,
  { tokens, isCounted }: PromptCount,
): PromptSize => ({
  tokens,
  isCounted,
  // Beside messages they are tools; without any they are the prompt of a text completion.
  isReworded: instructions !== '' && messages.length > 0,
  param: messages.length > 0 ? 'messages' : 'prompt',
  answer: maxTokens ?? 0,
});
