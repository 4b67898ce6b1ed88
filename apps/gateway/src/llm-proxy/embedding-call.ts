import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { BackgroundTasks, countOrEstimateTokens, newId } from '#common';
import {
  type AnswerSink,
  embeddingsBody,
  EmbeddingsProxy,
  ModelCatalogue,
  readEmbeddingsRequest,
  type EmbeddingsRequest,
} from '#llm-proxy';
import { type Admission, RateLimiter } from '#rate-limit';
import { admitted } from '../rate-limit/index.js';
import { factsOf, usageOfEmbeddings, usageOfFailure } from './call-usage.js';
import type { ForwardedCall } from './forwarded-call.js';
import { Idempotency } from './idempotency.js';
import { ModelRouter } from './model-router.js';

/** One embeddings call, once for each idempotency key: admit → ask → settle → answer. */
@Injectable()
export class EmbeddingCall {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly router: ModelRouter,
    private readonly limiter: RateLimiter,
    private readonly proxy: EmbeddingsProxy,
    private readonly catalogue: ModelCatalogue,
    private readonly background: BackgroundTasks,
  ) {}

  /** @throws GatewayError; nothing was sent then. */
  async run(call: ForwardedCall, response: Response): Promise<void> {
    const request = readEmbeddingsRequest(call.rawBody);
    const model = this.router.routeEmbeddings(call.caller, request);
    await this.idempotency.once(call, response, (made, client) =>
      this.answer(made, { request, model }, response, client),
    );
  }

  private async answer(
    call: ForwardedCall,
    { request, model }: { request: EmbeddingsRequest; model: string },
    response: Response,
    client: AnswerSink,
  ): Promise<boolean> {
    response.setHeader('x-upstream-attempts', 0);
    const tokens = inputTokens(request);
    const admission = await this.admit(call, tokens, response);
    const facts = factsOf(call, 'embeddings', model);
    try {
      const answer = await this.proxy.embed({
        model,
        body: embeddingsBody(request, model),
        signal: call.signal,
        onAttempt: (made) => response.setHeader('x-upstream-attempts', made),
      });
      this.background.run('settle call', () =>
        admission.settle(usageOfEmbeddings(facts, answer, tokens, this.catalogue)),
      );
      client.start(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(answer.body.length),
      });
      await client.write(answer.body);
      client.end();
      return true;
    } catch (error) {
      this.background.run('refund call', () => admission.refund(usageOfFailure(facts, error)));
      throw error;
    }
  }

  private admit({ caller }: ForwardedCall, tokens: number, response: Response): Promise<Admission> {
    return admitted(response, this.limiter.admit({ caller, callId: newId(), tokens }));
  }
}

const inputTokens = ({ inputs }: EmbeddingsRequest): number =>
  inputs.reduce(
    (sum, input) => sum + (typeof input === 'string' ? countOrEstimateTokens(input) : input.length),
    0,
  );
