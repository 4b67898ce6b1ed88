import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { systemClock } from '#common';
import { AppConfig } from '#config';
import { ClientGoneError, UpstreamError } from '#openrouter';
import { BreakerOpenError } from '../llm-proxy.errors.js';
import { AttemptPlan } from './attempt-plan.js';
import { ModelFacts } from './model-facts.js';

/** A call that is seeking its answer. */
export interface Seeking {
  /** The models that may serve it, in order, each once. */
  readonly routes: readonly [string, ...string[]];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

/** The bounds of all attempts, as they are configured, and the walk from one to the next. */
@Injectable()
export class AttemptPolicy {
  /** Milliseconds that a call may take, all its attempts together. */
  readonly totalMs: number;
  private readonly maxAttempts: number;
  private readonly maxWaitMs: number;
  private readonly repeatsWithinMs: number;

  constructor(
    { openrouter }: AppConfig,
    private readonly facts: ModelFacts,
  ) {
    this.totalMs = openrouter.OPENROUTER_TOTAL_TIMEOUT_MS;
    this.maxAttempts = openrouter.OPENROUTER_MAX_ATTEMPTS;
    this.maxWaitMs = openrouter.OPENROUTER_RETRY_MAX_WAIT_MS;
    this.repeatsWithinMs = Math.min(openrouter.OPENROUTER_RETRY_WINDOW_MS, this.totalMs);
  }

  /**
   * Goes on after the first attempt has failed, until one goes well.
   * @throws what the caller is to be told: UpstreamError, BreakerOpenError, or ClientGoneError
   */
  async afterFailure<Answer>(
    { routes, startedAt, signal }: Seeking,
    failure: unknown,
    attempt: (model: string) => Promise<Answer>,
  ): Promise<Answer> {
    const plan = new AttemptPlan(routes, this.facts, {
      maxAttempts: this.maxAttempts,
      maxWaitMs: this.maxWaitMs,
      repeatUntil: startedAt + this.repeatsWithinMs,
      deadline: startedAt + this.totalMs,
    });
    plan.failed(routes[0], plannable(failure), systemClock.now());
    for (let next = plan.next(systemClock.now()); next; next = plan.next(systemClock.now())) {
      if (next.waitMs > 0) await pause(next.waitMs, signal);
      try {
        return await attempt(next.model);
      } catch (error) {
        plan.failed(next.model, plannable(error), systemClock.now());
      }
    }
    throw plan.outcome();
  }
}

/** The failures that a plan knows an answer to; any other ends the call. */
function plannable(error: unknown): UpstreamError | BreakerOpenError {
  if (error instanceof UpstreamError || error instanceof BreakerOpenError) return error;
  throw error;
}

/** @throws ClientGoneError when the client leaves meanwhile */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw new ClientGoneError();
  }
}
