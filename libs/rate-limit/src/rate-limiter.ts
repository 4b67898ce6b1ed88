import type { PinoLogger } from 'nestjs-pino';
import type { Clock } from '#common';
import { metrics } from '#observability';
import { RedisUnavailableError } from '#redis';
import { Admission } from './admission.js';
import type { LimitDecision, LimitState } from './limit-decision.js';
import type { LimitedCaller } from './limited-caller.js';
import type { LimitStore } from './limit-store.js';
import type { LocalLimiter } from './local-limiter.js';
import type { QuotaLedger } from './quota-ledger.js';
import { rateLimitHeaders } from './rate-limit-headers.js';
import { CallTooLargeError, QuotaExceededError, RateLimitExceededError } from './rate-limit.errors.js';
import { GateShutError, type RedisGate } from './redis-gate.js';
import type { Settlement } from './settlement.js';
import { utcDay } from './utc-day.js';

/** What decides when Redis is away: a local share of each limit, nothing at all, or a 503. */
export type FailMode = 'local' | 'open' | 'closed';

/** A call that asks to be let through. */
export interface CallToAdmit {
  readonly caller: LimitedCaller;
  /** UUID; becomes the id of the usage event. */
  readonly callId: string;
  /** What the call may use at most: its prompt and its `max_tokens`. */
  readonly tokens: number;
}

/** What the limiter needs of the world. */
export interface RateLimiterParts {
  readonly store: LimitStore;
  readonly gate: RedisGate;
  readonly ledger: QuotaLedger;
  readonly local: LocalLimiter;
  readonly settlement: Settlement;
  readonly failMode: FailMode;
  readonly clock: Clock;
  readonly logger: PinoLogger;
}

interface Decided extends LimitDecision {
  readonly degraded: boolean;
}

/** Lets calls through within the limits of their key and workspace, exactly; less exactly, but still, without Redis. */
export class RateLimiter {
  constructor(private readonly parts: RateLimiterParts) {}

  /**
   * Takes what the call asks of every limit, or takes nothing.
   * @throws LimitError (429) · RedisUnavailableError (503) in fail mode `closed`
   */
  async admit(call: CallToAdmit): Promise<Admission> {
    const { caller, callId } = call;
    const tokens = Math.max(1, Math.ceil(call.tokens));
    const decision = await this.decide(caller, callId, tokens);
    const headers = this.conclude(caller, decision, tokens);
    const { now, tokensUntil, degraded } = decision;
    const reservation = { callId, caller, tokens, day: utcDay(now), tokensUntil, held: !degraded };
    const admittedAt = new Date(now);
    return new Admission(callId, admittedAt, headers, degraded, (usage) =>
      this.parts.settlement.settle(reservation, usage, admittedAt),
    );
  }

  /** Takes a request only, for routes that use no tokens. @returns the headers for the answer. @throws as admit */
  async admitRequest(caller: LimitedCaller): Promise<Readonly<Record<string, string>>> {
    return this.conclude(caller, await this.decide(caller, '', 0), 0);
  }

  /** How the caller stands, without moving a counter; undefined when Redis cannot say. */
  async peek(caller: LimitedCaller): Promise<LimitState | undefined> {
    try {
      return await this.parts.gate.pass(() => this.parts.store.peek(caller));
    } catch (error) {
      this.countFailure('peek', error);
      return undefined;
    }
  }

  private async decide(caller: LimitedCaller, callId: string, tokens: number): Promise<Decided> {
    try {
      const decision = await this.ask(caller, callId, tokens);
      this.parts.local.learn(caller, decision.state.dailyTokens.remaining, decision.now);
      return { ...decision, degraded: false };
    } catch (error) {
      return this.decideWithoutRedis(caller, callId, tokens, error);
    }
  }

  private async ask(caller: LimitedCaller, callId: string, tokens: number): Promise<LimitDecision> {
    const { store, gate, ledger, logger } = this.parts;
    let used: number | undefined;
    for (;;) {
      const answer = await gate.pass(() => store.admit(caller, callId, tokens, used));
      if (!('unknownDay' in answer)) return answer;
      // Redis lost its memory, or has never met this workspace: the ledger says what the day has cost so far.
      used = await ledger.usedOn(caller.workspaceId, answer.unknownDay);
      metrics.rateLimit.rebuilt.inc();
      logger.info({ workspace_id: caller.workspaceId, tokens: used }, 'quota_rebuilt');
    }
  }

  private decideWithoutRedis(caller: LimitedCaller, callId: string, tokens: number, error: unknown): Decided {
    const { failMode, local, clock, logger, settlement } = this.parts;
    this.countFailure('admit', error);
    metrics.rateLimit.degraded.inc({ mode: failMode });
    logger.warn({ ...who(caller), mode: failMode, exception: String(error) }, 'rate_limit_degraded');
    const now = clock.now();
    // Redis may carry out later what it did not answer in time: a call that is refused now would hold what it never used.
    const cancel = () => {
      if (tokens === 0 || error instanceof GateShutError) return;
      const day = utcDay(now);
      settlement.cancel({ callId, caller, tokens, day, tokensUntil: undefined, held: true });
    };
    if (failMode === 'closed') {
      cancel();
      throw new RedisUnavailableError(error);
    }
    const decision = local.admit(caller, tokens, now);
    if (failMode === 'open') return { ...decision, degraded: true, refusedBy: undefined };
    if (decision.refusedBy) cancel();
    return { ...decision, degraded: true };
  }

  /** Logs and counts a decision. @returns its headers. @throws the refusal */
  private conclude(
    caller: LimitedCaller,
    decision: Decided,
    tokens: number,
  ): Readonly<Record<string, string>> {
    const { refusedBy, shadowed, retryMs, state, degraded } = decision;
    const headers = rateLimitHeaders(state);
    const fields = {
      ...who(caller),
      degraded,
      requests_remaining: state.requests.remaining,
      tokens_remaining: state.dailyTokens.remaining,
    };
    for (const limit of shadowed) {
      metrics.rateLimit.decisions.inc({ limit, decision: 'shadowed' });
      this.parts.logger.warn({ ...fields, limit, shadow: true }, 'rate_limit_exceeded');
    }
    if (!refusedBy) {
      metrics.rateLimit.decisions.inc({ limit: 'all', decision: 'applied' });
      this.parts.logger.debug(fields, 'rate_limit_applied');
      return headers;
    }
    metrics.rateLimit.decisions.inc({ limit: refusedBy, decision: 'exceeded' });
    this.parts.logger.warn(
      { ...fields, limit: refusedBy, shadow: false, retry_after_ms: retryMs },
      'rate_limit_exceeded',
    );
    if (refusedBy === 'daily_tokens') throw new QuotaExceededError(retryMs, headers);
    const perMinute = caller.limits.tokens;
    if (refusedBy === 'tokens' && tokens > perMinute) throw new CallTooLargeError(tokens, perMinute, headers);
    throw new RateLimitExceededError(refusedBy, retryMs, headers);
  }

  private countFailure(operation: string, error: unknown): void {
    if (!(error instanceof GateShutError)) metrics.redis.errors.inc({ operation });
  }
}

const who = (caller: LimitedCaller) => ({ workspace_id: caller.workspaceId, key_id: caller.keyId });
