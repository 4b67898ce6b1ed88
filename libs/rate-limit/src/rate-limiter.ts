import type { PinoLogger } from 'nestjs-pino';
import type { Clock } from '#common';
import { metrics } from '#observability';
import type { CallUsage, UsageEvent } from '#queues';
import { RedisUnavailableError } from '#redis';
import { Admission } from './admission.js';
import type { LimitDecision, LimitState } from './limit-decision.js';
import type { LimitedCaller } from './limited-caller.js';
import type { LimitStore, Reservation } from './limit-store.js';
import { LocalLimiter } from './local-limiter.js';
import { rateLimitHeaders } from './rate-limit-headers.js';
import { QuotaExceededError, RateLimitExceededError } from './rate-limit.errors.js';
import { GateShutError, RedisGate } from './redis-gate.js';
import type { UsageSink } from './usage-sink.js';
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

interface Decided extends LimitDecision {
  readonly degraded: boolean;
}

/** Lets calls through within the limits of their key and workspace, exactly; less exactly, but still, without Redis. */
export class RateLimiter {
  private readonly local = new LocalLimiter();

  constructor(
    private readonly store: LimitStore,
    private readonly failMode: FailMode,
    private readonly sink: UsageSink,
    private readonly logger: PinoLogger,
    private readonly clock: Clock,
    private readonly gate: RedisGate,
  ) {}

  /**
   * Takes a request of the key and reserves the tokens of the workspace's day, or takes nothing.
   * @throws RateLimitExceededError, QuotaExceededError (429) · RedisUnavailableError (503) in fail mode `closed`
   */
  async admit(call: CallToAdmit): Promise<Admission> {
    const { caller, callId } = call;
    const tokens = Math.max(1, Math.ceil(call.tokens));
    const decision = await this.decide(caller, callId, tokens);
    const headers = this.conclude(caller, decision);
    const reservation: Reservation = {
      callId,
      workspaceId: caller.workspaceId,
      tokens,
      day: utcDay(decision.now),
      held: !decision.degraded,
    };
    const admittedAt = new Date(decision.now);
    return new Admission(callId, admittedAt, headers, decision.degraded, (usage) =>
      this.settle(caller, reservation, toEvent(usage, caller, callId, admittedAt)),
    );
  }

  /** Takes a request only, for routes that use no tokens. @returns the headers for the answer. @throws as admit */
  async admitRequest(caller: LimitedCaller): Promise<Readonly<Record<string, string>>> {
    return this.conclude(caller, await this.decide(caller, '', 0));
  }

  /** How the caller stands, without moving a counter; undefined when Redis cannot say. */
  async peek(caller: LimitedCaller): Promise<LimitState | undefined> {
    try {
      return await this.gate.pass(() => this.store.peek(caller));
    } catch (error) {
      this.countFailure('peek', error);
      return undefined;
    }
  }

  private async decide(caller: LimitedCaller, callId: string, tokens: number): Promise<Decided> {
    try {
      const decision = await this.gate.pass(() => this.store.admit(caller, callId, tokens));
      this.local.learn(caller, decision.state.tokens.remaining, decision.now);
      return { ...decision, degraded: false };
    } catch (error) {
      return this.decideWithoutRedis(caller, tokens, error);
    }
  }

  private decideWithoutRedis(caller: LimitedCaller, tokens: number, error: unknown): Decided {
    this.countFailure('admit', error);
    metrics.rateLimit.degraded.inc({ mode: this.failMode });
    this.logger.warn(
      { ...who(caller), mode: this.failMode, exception: String(error) },
      'rate_limit_degraded',
    );
    if (this.failMode === 'closed') throw new RedisUnavailableError(error);
    const decision = this.local.admit(caller, tokens, this.clock.now());
    return { ...decision, degraded: true, ...(this.failMode === 'open' && { refusedBy: undefined }) };
  }

  /** Logs and counts a decision. @returns its headers. @throws the refusal */
  private conclude(caller: LimitedCaller, decision: Decided): Readonly<Record<string, string>> {
    const { refusedBy, retryMs, state, degraded } = decision;
    const headers = rateLimitHeaders(state);
    const fields = {
      ...who(caller),
      degraded,
      requests_remaining: state.requests.remaining,
      tokens_remaining: state.tokens.remaining,
    };
    if (!refusedBy) {
      metrics.rateLimit.decisions.inc({ limit: 'all', decision: 'applied' });
      this.logger.debug(fields, 'rate_limit_applied');
      return headers;
    }
    metrics.rateLimit.decisions.inc({ limit: refusedBy, decision: 'exceeded' });
    this.logger.warn({ ...fields, limit: refusedBy, retry_after_ms: retryMs }, 'rate_limit_exceeded');
    if (refusedBy === 'tokens') throw new QuotaExceededError(retryMs, headers);
    throw new RateLimitExceededError(retryMs, headers);
  }

  private async settle(caller: LimitedCaller, reservation: Reservation, event: UsageEvent): Promise<void> {
    const used = event.promptTokens + event.completionTokens;
    if (!reservation.held) {
      this.local.settle(caller, reservation.tokens, used, Date.parse(event.createdAt));
    }
    metrics.usage.events.inc({ step: 'recorded' });
    metrics.tokens.used.inc({ kind: 'prompt', source: event.source }, event.promptTokens);
    metrics.tokens.used.inc({ kind: 'completion', source: event.source }, event.completionTokens);
    try {
      const outcome = await this.gate.pass(() => this.store.settle(reservation, used, event));
      if (outcome !== 'unknown') return;
      // Redis lost its memory in between. The ledger must not; it drops what it has already.
      this.logger.warn({ ...who(caller), call_id: event.id }, 'usage_reservation_unknown');
    } catch (error) {
      this.countFailure('settle', error);
      this.logger.warn(
        { ...who(caller), call_id: event.id, exception: String(error) },
        'usage_settle_failed',
      );
    }
    await this.sink.record(event);
  }

  private countFailure(operation: string, error: unknown): void {
    if (!(error instanceof GateShutError)) metrics.redis.errors.inc({ operation });
  }
}

const who = (caller: LimitedCaller) => ({ workspace_id: caller.workspaceId, key_id: caller.keyId });

const toEvent = (usage: CallUsage, caller: LimitedCaller, id: string, admittedAt: Date): UsageEvent => ({
  ...usage,
  id,
  workspaceId: caller.workspaceId,
  keyId: caller.keyId,
  createdAt: admittedAt.toISOString(),
});
