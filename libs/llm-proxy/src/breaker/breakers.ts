import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { systemClock } from '#common';
import { AppConfig } from '#config';
import { metrics } from '#observability';
import type { UpstreamErrorKind } from '#openrouter';
import { BreakerOpenError } from '../llm-proxy.errors.js';
import { Breaker, type BreakerOptions, type BreakerState } from './breaker.js';
import { type BreakerChange, fieldsOf, kindOf } from './breaker-change.js';
import { type BreakerScope, scopeOf } from './breaker-scope.js';
import { type Verdict, verdictOnModel, verdictOnUpstream } from './verdict.js';

/** Leave to make one attempt, and what to name when telling how it went. */
export interface Pass {
  readonly model: string;
  readonly upstreamEra: number;
  readonly modelEra: number;
}

interface Guard {
  readonly breaker: Breaker;
  /** As the metric has it. */
  state: BreakerState;
  cause: UpstreamErrorKind | undefined;
}

const events = {
  open: 'breaker_opened',
  half_open: 'breaker_half_open',
  closed: 'breaker_closed',
} as const;

/** Models are named by callers, so what is remembered of them is bounded. */
const mostGuards = 1_000;

/**
 * The circuit breakers of this process: for the upstream, and for each model there, as far as they failed lately. On a good
 * day there are none, and a call costs two look-ups.
 */
@Injectable()
export class Breakers {
  private readonly options: BreakerOptions;
  private readonly guards = new Map<BreakerScope, Guard>();
  private tell: (change: BreakerChange) => void = () => undefined;
  /** What another process told is not told again. */
  private isHearing = false;

  constructor(
    { openrouter }: AppConfig,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(Breakers.name);
    this.options = {
      minCalls: openrouter.OPENROUTER_BREAKER_MIN_CALLS,
      openMs: openrouter.OPENROUTER_BREAKER_OPEN_MS,
    };
    for (const scope of ['upstream', 'model'])
      for (const state of ['open', 'half_open']) metrics.openrouter.breakers.set({ scope, state }, 0);
  }

  /** @throws BreakerOpenError when no call may go to this model now */
  admit(model: string): Pass {
    const now = systemClock.now();
    const upstreamEra = this.enter('upstream', now);
    try {
      return { model, upstreamEra, modelEra: this.enter(scopeOf(model), now) };
    } catch (error) {
      this.judge('upstream', upstreamEra, 'none', now);
      throw error;
    }
  }

  /** The attempt has brought something real. For a probe that is enough, however long the rest takes. */
  began({ model, upstreamEra, modelEra }: Pass): void {
    if (this.guards.size === 0) return;
    this.probed('upstream', upstreamEra);
    this.probed(scopeOf(model), modelEra);
  }

  /** The attempt is over. @param error undefined when it went well */
  ended({ model, upstreamEra, modelEra }: Pass, error?: unknown): void {
    if (error === undefined && this.guards.size === 0) return;
    const now = systemClock.now();
    this.judge('upstream', upstreamEra, verdictOnUpstream(error), now);
    this.judge(scopeOf(model), modelEra, verdictOnModel(error), now);
  }

  /** Whom nobody may call now, or only to probe. */
  notClosed(): BreakerChange[] {
    return [...this.guards]
      .filter(([, { state }]) => state !== 'closed')
      .map(([scope, { breaker, state, cause }]) => ({ scope, state, cause, until: breaker.openUntil }));
  }

  /** @param listener told of what changed by this process's own calls; must not throw */
  onChange(listener: (change: BreakerChange) => void): void {
    this.tell = listener;
  }

  /** What another process found out. */
  hear({ scope, state, until, cause }: BreakerChange): void {
    const now = systemClock.now();
    this.isHearing = true;
    if (state === 'closed') this.guards.get(scope)?.breaker.close();
    if (state === 'open' && until > now) {
      const guard = this.guardOf(scope);
      if (guard?.state === 'closed') guard.cause = cause;
      guard?.breaker.open(until, now);
    }
    this.isHearing = false;
  }

  private enter(scope: BreakerScope, now: number): number {
    const breaker = this.guards.get(scope)?.breaker;
    const era = breaker === undefined ? 0 : breaker.enter(now);
    if (era !== undefined) return era;
    const seconds = ((breaker?.openUntil ?? now) - now) / 1_000;
    throw new BreakerOpenError(kindOf(scope), Math.max(1, Math.ceil(seconds)));
  }

  private probed(scope: BreakerScope, era: number): void {
    const guard = this.guards.get(scope);
    if (guard?.state === 'half_open') guard.breaker.succeeded(era, systemClock.now());
  }

  private judge(scope: BreakerScope, era: number, verdict: Verdict, now: number): void {
    if (verdict !== 'good' && verdict !== 'none') {
      const guard = this.guardOf(scope);
      if (guard?.state === 'closed') guard.cause = verdict;
      guard?.breaker.failed(era, now);
      return;
    }
    const breaker = this.guards.get(scope)?.breaker;
    if (verdict === 'good') breaker?.succeeded(era, now);
    else breaker?.left(era, now);
    if (breaker?.isQuiet(now)) this.guards.delete(scope);
  }

  private guardOf(scope: BreakerScope): Guard | undefined {
    const known = this.guards.get(scope);
    if (known) return known;
    if (this.guards.size >= mostGuards && !this.forgetOne()) return undefined;
    const breaker = new Breaker(this.options, (state) => this.changed(scope, guard, state));
    const guard: Guard = { breaker, state: 'closed', cause: undefined };
    this.guards.set(scope, guard);
    return guard;
  }

  /** The oldest that is closed; one that is not has something to say. */
  private forgetOne(): boolean {
    for (const [scope, { state }] of this.guards)
      if (state === 'closed' && scope !== 'upstream') return this.guards.delete(scope);
    return false;
  }

  private changed(scope: BreakerScope, guard: Guard, state: BreakerState): void {
    const labels = { scope: kindOf(scope) };
    if (guard.state !== 'closed') metrics.openrouter.breakers.dec({ ...labels, state: guard.state });
    if (state !== 'closed') metrics.openrouter.breakers.inc({ ...labels, state });
    guard.state = state;
    const change = { scope, state, until: guard.breaker.openUntil, cause: guard.cause };
    const heard = this.isHearing;
    this.logger[state === 'open' ? 'warn' : 'info']({ ...fieldsOf(change), heard }, events[state]);
    if (!heard) this.tell(change);
  }
}
