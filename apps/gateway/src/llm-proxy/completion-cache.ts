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
  outcomeOfAnother,
  ResponseCache,
  upstreamBody,
} from '#llm-proxy';
import { metrics } from '#observability';
import { ClientGoneError } from '#openrouter';
import { AnswerFlights, type Flight, type Keep, type Make } from './answer-flights.js';
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

/**
 * Gives calls that ask for it (`x-cache: true`) the answer that the very same question had before, in the same workspace, or is
 * having now.
 */
@Injectable()
export class CompletionCache {
  constructor(
    private readonly config: AppConfig,
    private readonly answers: ResponseCache,
    private readonly flights: AnswerFlights,
    private readonly background: BackgroundTasks,
  ) {}

  /** @throws InvalidRequestError for wishes that are malformed: said before anything is taken for the call */
  check(call: ForwardedCall): void {
    cacheSecondsIn(call);
  }

  /**
   * Gives the known answer, or the one that another call makes now, or has it made and keeps it when it is whole.
   * @throws whatever `make` throws; ClientGoneError
   */
  async answer(
    call: ForwardedCall,
    response: Response,
    question: Question,
    sink: AnswerSink,
    make: Make,
  ): Promise<CompletionOutcome> {
    const seconds = cacheSecondsIn(call);
    if (seconds === undefined) return make(sink, call.signal);
    const hash = hashOf(call, question);
    const known = await this.find(call, hash);
    response.setHeader('x-cache', 'miss');
    if (known) return this.giveAgain(known, response, question, sink);
    const keep: Keep = (outcome, copy) => this.keep(call, hash, outcome, copy, seconds);
    const flight = await this.flights.enter(call.caller.workspaceId, hash);
    if (flight?.part === 'leads') return this.flights.lead(flight, sink, { signal: call.signal, make, keep });
    // Between the look-up and now the answer may have been put there.
    const justPut = flight?.part === 'late' ? await this.find(call, hash) : undefined;
    if (justPut) return this.giveAgain(justPut, response, question, sink);
    const joined = flight?.part === 'joins' && (await this.join(flight, call, response, question, sink));
    // What came to nothing is not waited for twice: callers would ask a failing upstream one after the other.
    return joined || this.makeAlone(call, sink, make, keep);
  }

  private giveAgain(
    known: CachedAnswer,
    response: Response,
    question: Question,
    sink: AnswerSink,
  ): Promise<CompletionOutcome> {
    response.setHeader('x-cache', 'hit');
    response.setHeader('age', Math.max(0, Math.floor((Date.now() - known.storedAt) / 1_000)));
    question.onHit();
    return answerAgain(known, sink);
  }

  /** @returns undefined when the other call's answer came to nothing, and nothing was sent */
  private async join(
    flight: Flight,
    call: ForwardedCall,
    response: Response,
    question: Question,
    sink: AnswerSink,
  ): Promise<CompletionOutcome | undefined> {
    const startedAt = performance.now();
    const joining: AnswerSink = {
      start: (status, headers) => {
        metrics.answers.cacheLookups.inc({ outcome: 'joined' });
        response.setHeader('x-cache', 'hit');
        response.setHeader('age', 0);
        question.onHit();
        sink.start(status, headers);
      },
      write: (bytes) => sink.write(bytes),
      end: () => sink.end(),
    };
    const ended = await this.flights.follow(flight, joining, call.signal).catch((error: unknown) => {
      throw call.signal.aborted ? new ClientGoneError() : error;
    });
    if (ended === 'nothing') return undefined;
    // It was put there before its flight was said to be whole.
    const known = await this.answers.get(call.caller.workspaceId, flight.name.keyHash).catch(() => undefined);
    const untold = { model: question.request.model, text: '', finishReason: undefined };
    const outcome = outcomeOfAnother(known ?? untold, startedAt);
    return ended === 'whole' ? outcome : { ...outcome, status: 'cut' };
  }

  private async makeAlone(
    call: ForwardedCall,
    sink: AnswerSink,
    make: Make,
    keep: Keep,
  ): Promise<CompletionOutcome> {
    const copy = new CollectingSink(sink, this.config.answers.ANSWERS_MAX_BYTES);
    const outcome = await make(copy, call.signal);
    this.background.run('cache answer', () => keep(outcome, copy.collected));
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

  private async keep(
    { caller }: ForwardedCall,
    hash: string,
    outcome: CompletionOutcome,
    copy: CollectingSink['collected'],
    seconds: number,
  ): Promise<boolean> {
    const facts = cacheable(outcome);
    if (facts === undefined || copy === undefined) return false;
    const answer = { ...copy, ...facts, storedAt: Date.now() };
    await this.answers
      .put(caller.workspaceId, hash, answer, seconds)
      .catch(() => metrics.redis.errors.inc({ operation: 'cache' }));
    return true;
  }
}

/** The whole question, as the upstream would get it; beside it what else shapes the bytes of the answer. */
function hashOf({ route, isOpenRouterClient }: ForwardedCall, { request, recalled }: Question): string {
  const { routes, includeUsage } = request;
  const shape = Buffer.from(JSON.stringify([route, routes, includeUsage || isOpenRouterClient]));
  return sha256(Buffer.concat([shape, upstreamBody(request, { recalled })]));
}
