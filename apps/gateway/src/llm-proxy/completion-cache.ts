import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { BackgroundTasks, sha256 } from '#common';
import { AppConfig } from '#config';
import {
  answerAgain,
  type AnswerSink,
  cacheable,
  type CachedAnswer,
  type ChatMessage,
  CollectingSink,
  type CompletionOutcome,
  ResponseCache,
  upstreamBody,
} from '#llm-proxy';
import { metrics } from '#observability';
import { cacheSecondsIn } from './cache-wishes.js';
import type { ForwardedCall } from './forwarded-call.js';
import type { RoutedRequest } from './model-router.js';

/** What decides over an answer: the request, and what was recalled for it. */
interface Question {
  readonly request: RoutedRequest;
  readonly recalled: ChatMessage | undefined;
  /** Told before a known answer is given. */
  onHit(): void;
}

/** Gives calls that ask for it (`x-cache: true`) the answer that the very same question had before, in the same workspace. */
@Injectable()
export class CompletionCache {
  constructor(
    private readonly config: AppConfig,
    private readonly answers: ResponseCache,
    private readonly background: BackgroundTasks,
  ) {}

  /** @throws InvalidRequestError for wishes that are malformed: said before anything is taken for the call */
  check(call: ForwardedCall): void {
    cacheSecondsIn(call);
  }

  /**
   * Gives the known answer, or has it made and keeps it when it is whole.
   * @throws whatever `make` throws; ClientGoneError
   */
  async answer(
    call: ForwardedCall,
    response: Response,
    question: Question,
    sink: AnswerSink,
    make: (sink: AnswerSink) => Promise<CompletionOutcome>,
  ): Promise<CompletionOutcome> {
    const seconds = cacheSecondsIn(call);
    if (seconds === undefined) return make(sink);
    const hash = hashOf(call, question);
    const known = await this.find(call, hash);
    response.setHeader('x-cache', known ? 'hit' : 'miss');
    if (known) {
      response.setHeader('age', Math.max(0, Math.floor((Date.now() - known.storedAt) / 1_000)));
      question.onHit();
      return answerAgain(known, sink);
    }
    const copy = new CollectingSink(sink, this.config.answers.ANSWERS_MAX_BYTES);
    const outcome = await make(copy);
    const facts = cacheable(outcome);
    if (facts && copy.collected) this.keep(call, hash, { ...copy.collected, ...facts }, seconds);
    return outcome;
  }

  private async find({ caller }: ForwardedCall, hash: string): Promise<CachedAnswer | undefined> {
    try {
      const known = await this.answers.get(caller.workspaceId, hash);
      metrics.answers.cacheLookups.inc({ outcome: known ? 'hit' : 'miss' });
      return known;
    } catch {
      metrics.answers.cacheLookups.inc({ outcome: 'unavailable' });
      metrics.redis.errors.inc({ operation: 'cache' });
      return undefined;
    }
  }

  private keep(
    { caller }: ForwardedCall,
    hash: string,
    answer: Omit<CachedAnswer, 'storedAt'>,
    seconds: number,
  ): void {
    this.background.run('cache answer', async () => {
      const stored = { ...answer, storedAt: Date.now() };
      await this.answers
        .put(caller.workspaceId, hash, stored, seconds)
        .catch(() => metrics.redis.errors.inc({ operation: 'cache' }));
    });
  }
}

/** The whole question, as the upstream would get it; beside it what else shapes the bytes of the answer. */
function hashOf({ route, isOpenRouterClient }: ForwardedCall, { request, recalled }: Question): string {
  const { routes, includeUsage } = request;
  const shape = Buffer.from(JSON.stringify([route, routes, includeUsage || isOpenRouterClient]));
  return sha256(Buffer.concat([shape, upstreamBody(request, { recalled })]));
}
