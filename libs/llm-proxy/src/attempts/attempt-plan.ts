import { ExponentialBackoff, type IBackoff } from 'cockatiel';
import type { GatewayError } from '#common';
import { UpstreamError } from '#openrouter';
import { BreakerOpenError } from '../llm-proxy.errors.js';
import { chooseFallback, type Ruling } from './fallback-choice.js';
import { type ModelFacts, vendorOf } from './model-facts.js';
import { remedies } from './remedy.js';

/** Bounds of what one call may cost the upstream and its caller. */
export interface AttemptLimits {
  /** Calls to the upstream after which none is repeated. A model that was not asked yet is none. */
  maxAttempts: number;
  /** Milliseconds before one repeat. */
  maxWaitMs: number;
  /** Milliseconds since the epoch after which no repeat is begun. */
  repeatUntil: number;
  /** Milliseconds since the epoch after which nothing is begun. */
  deadline: number;
}

/** What to do after a failure. */
export interface NextAttempt {
  model: string;
  /** Milliseconds to wait before. */
  waitMs: number;
}

/** A failure that a plan can be made against. */
export type AttemptFailure = UpstreamError | BreakerOpenError;

interface Route {
  readonly model: string;
  /** `again`: it failed, and may answer later; `out`: it will not. */
  state: 'untried' | 'again' | 'out';
  /** Milliseconds since the epoch before which the upstream does not want to be asked. */
  notBefore: number;
}

/** Milliseconds about which the first back-off is spread. */
const initialDelay = 250;

/**
 * What comes after the failures of one call: another model at once, where that may help; else the same ones again after a
 * back-off with decorrelated jitter, not before the upstream's `Retry-After`; else the end. A chain is walked to its end
 * however long it is; what is bounded by number are repeats. Made only when something has failed. Time comes in as an
 * argument, so the plan is a plain machine.
 */
export class AttemptPlan {
  private readonly routes: Route[];
  private readonly ruling: Ruling = { tooShort: undefined, refusers: new Set() };
  private backoff: IBackoff<unknown> | undefined;
  private attempts = 0;
  private last: Route | undefined;
  /** May another model help against the last failure? */
  private mayMove = true;
  private isOver = false;
  private readonly failures: AttemptFailure[] = [];

  /** @param routes the models that may serve the call, in order, each once */
  constructor(
    routes: readonly string[],
    private readonly facts: ModelFacts,
    private readonly limits: AttemptLimits,
  ) {
    this.routes = routes.map((model) => ({ model, state: 'untried', notBefore: 0 }));
  }

  /** Notes how an attempt at a route failed. @param now milliseconds since the epoch */
  failed(model: string, failure: AttemptFailure, now: number): void {
    const route = this.routes.find((each) => each.model === model);
    if (route === undefined) throw new Error(`${model} is none of the routes`);
    this.failures.push(failure);
    this.last = route;
    if (failure instanceof BreakerOpenError) {
      this.mayMove = true;
      this.isOver = failure.scope === 'upstream';
      route.state = 'out';
      return;
    }
    const { repeat, fallback } = remedies[failure.kind];
    this.attempts += 1;
    this.mayMove = fallback !== 'none';
    this.isOver = !repeat && !this.mayMove;
    route.state = repeat ? 'again' : 'out';
    route.notBefore = now + (failure.askedToWait ?? 0) * 1_000;
    const { ruling, facts } = this;
    if (fallback === 'other_vendor') ruling.refusers.add(vendorOf(model));
    if (fallback === 'larger_context')
      ruling.tooShort = Math.max(ruling.tooShort ?? 0, facts.contextLength(model) ?? 0);
  }

  /** @returns undefined when the call has failed for good; {@link outcome} says with what. */
  next(now: number): NextAttempt | undefined {
    if (this.isOver || now > this.limits.deadline) return undefined;
    const model = this.mayMove ? chooseFallback(this.untried(), this.ruling, this.facts) : undefined;
    return model === undefined ? this.again(now) : { model, waitMs: 0 };
  }

  /** What the caller is told: of the failures that may pass the one that promises it soonest, else the first of all. */
  outcome(): GatewayError {
    const [first] = this.failures;
    if (first === undefined) throw new Error('Nothing has failed');
    const soonest = this.failures.filter(mayPass).reduce<AttemptFailure | undefined>(
      // Of two that promise the same the later one counts.
      (best, each) => (best === undefined || waitOf(each) <= waitOf(best) ? each : best),
      undefined,
    );
    return soonest ?? first;
  }

  private again(now: number): NextAttempt | undefined {
    const { maxAttempts, maxWaitMs, repeatUntil } = this.limits;
    if (this.attempts >= maxAttempts) return undefined;
    const route = this.mayMove
      ? this.routes.filter(({ state }) => state === 'again').toSorted((a, b) => a.notBefore - b.notBefore)[0]
      : this.last;
    if (route === undefined) return undefined;
    const asked = Math.max(0, route.notBefore - now);
    const before = this.backoff ?? new ExponentialBackoff({ initialDelay, maxDelay: maxWaitMs });
    this.backoff = before.next(undefined);
    const waitMs = asked + this.backoff.duration;
    return asked > maxWaitMs || now + waitMs > repeatUntil ? undefined : { model: route.model, waitMs };
  }

  private untried(): string[] {
    return this.routes.filter(({ state }) => state === 'untried').map(({ model }) => model);
  }
}

const mayPass = (failure: AttemptFailure): boolean =>
  failure instanceof BreakerOpenError || remedies[failure.kind].repeat;

const waitOf = (failure: AttemptFailure): number => failure.retryAfter ?? Number.POSITIVE_INFINITY;
