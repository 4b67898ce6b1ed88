import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { BackgroundTasks, newId } from '#common';
import { AppConfig } from '#config';
import {
  type AnswerSink,
  callsMade,
  CompletionProxy,
  ModelCatalogue,
  readCompletionRequest,
  upstreamBody,
  type CompletionRequest,
  withOpenRouterErrors,
} from '#llm-proxy';
import { type Admission, RateLimiter } from '#rate-limit';
import { admitted } from '../rate-limit/index.js';
import { type CallFacts, factsOf, usageOf, usageOfFailure } from './call-usage.js';
import { type ChatContext, ChatMemory } from './chat-memory.js';
import { CompletionCache } from './completion-cache.js';
import { demandContextScopes, withHeaderWishes } from './context-wishes.js';
import type { ForwardedCall } from './forwarded-call.js';
import { Idempotency } from './idempotency.js';
import { ModelRouter, type RoutedRequest } from './model-router.js';
import { PromptCounter } from './prompt-counter.js';

/** One chat completion, from the bytes that came to the ledger: the path that every feature of the gateway meets on. */
@Injectable()
export class ChatCompletion {
  constructor(
    private readonly config: AppConfig,
    private readonly counter: PromptCounter,
    private readonly router: ModelRouter,
    private readonly limiter: RateLimiter,
    private readonly memory: ChatMemory,
    private readonly idempotency: Idempotency,
    private readonly cache: CompletionCache,
    private readonly proxy: CompletionProxy,
    private readonly catalogue: ModelCatalogue,
    private readonly background: BackgroundTasks,
  ) {}

  /**
   * route, then answer, once for each idempotency key.
   *
   * @param asked what a door other than chat's made of its body
   * @param translate what such a door does with the answer on its way to the client
   * @throws GatewayError before anything was sent; afterwards the answer itself says what went wrong.
   */
  async run(
    call: ForwardedCall,
    response: Response,
    asked: CompletionRequest = readCompletionRequest(call.rawBody, call.caller.models.default),
    translate: (client: AnswerSink) => AnswerSink = call.isOpenRouterClient ? withOpenRouterErrors : asItIs,
  ): Promise<void> {
    tellAttempts(response, 0);
    const wanted = withHeaderWishes(asked, call.headers);
    demandContextScopes(call.caller, wanted.context);
    this.memory.check(wanted);
    this.cache.check(call);
    const count = this.counter.count(call.caller.workspaceId, wanted);
    const request = this.router.route(call.caller, wanted, count);
    await this.idempotency.once(call, response, (made, client) =>
      this.answer(made, { request, tokens: count.tokens }, response, translate(client)),
    );
  }

  /** admit → recall → compose → proxy → settle → remember. @returns whether the answer is whole */
  private async answer(
    call: ForwardedCall,
    { request, tokens }: { request: RoutedRequest; tokens: number },
    response: Response,
    sink: AnswerSink,
  ): Promise<boolean> {
    const admission = await this.admit(call, request, tokens, response);
    const facts = factsOf(call, 'chat', request.model);
    try {
      const context = await this.memory.recall(call, request);
      describe(context, facts, response);
      const question = {
        request,
        recalled: context.message,
        onHit: () => this.memory.writeReceipt(context, []),
      };
      const outcome = await this.cache.answer(call, response, question, sink, (to, signal) =>
        this.proxy.forward(
          {
            path: request.path,
            routes: request.routes,
            bodyFor: (model) => upstreamBody(request, { recalled: context.message, model }),
            stream: request.stream,
            includeUsage: request.includeUsage || call.isOpenRouterClient,
            promptTokens: tokens + context.tokens,
            signal,
            onDecided: (attempts) => {
              tellAttempts(response, callsMade(attempts));
              this.memory.writeReceipt(context, attempts);
            },
          },
          to,
        ),
      );
      this.background.run('settle call', () => admission.settle(usageOf(facts, outcome, this.catalogue)));
      this.memory.remember(call, request, outcome, context);
      return outcome.status === 'completed';
    } catch (error) {
      this.background.run('refund call', () => admission.refund(usageOfFailure(facts, error)));
      throw error;
    }
  }

  /** Reserves the most this call may use, before it costs anything: its prompt, its context, and its answer. */
  private admit(
    call: ForwardedCall,
    request: CompletionRequest,
    prompt: number,
    response: Response,
  ): Promise<Admission> {
    const answer = (request.maxTokens ?? this.config.rateLimit.DEFAULT_MAX_TOKENS) * request.choices;
    const tokens = prompt + this.memory.budgetOf(call, request) + answer;
    return admitted(response, this.limiter.admit({ caller: call.caller, callId: newId(), tokens }));
  }
}

const asItIs = (client: AnswerSink): AnswerSink => client;

/** How many calls to the upstream this answer took. */
function tellAttempts(response: Response, attempts: number): void {
  response.setHeader('x-upstream-attempts', attempts);
}

/** Tells the caller, and the ledger, what memory added. */
function describe(context: ChatContext, facts: CallFacts, response: Response): void {
  facts.contextTokens = context.tokens;
  facts.receiptId = context.receipt.id;
  response.setHeader('x-context-receipt', context.receipt.id);
  response.setHeader('x-context-tokens', context.tokens);
  response.setHeader('x-context-items', context.items);
  // What memory adds goes behind the prefix that a provider has cached: see upstreamBody.
  response.setHeader('x-context-cache-safe', 'true');
  if (context.degraded.length > 0) response.setHeader('x-context-degraded', context.degraded.join(','));
}
