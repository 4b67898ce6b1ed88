import { Injectable } from '@nestjs/common';
import { type GatewayError, parseJson } from '#common';
import { AppConfig } from '#config';
import { type CallTimeouts, CompletionClient, toUpstreamError, type UpstreamResponse } from '#openrouter';
import type { CompletionCall } from './completion-call.js';
import { JsonAnswer } from './json-answer.js';
import { StreamAnswer } from './stream-answer.js';
import type { HeldAnswer, UpstreamAttempt } from './upstream-attempt.js';

const largestRefusal = 64 * 1024;

/** What an attempt has to leave to others. */
export interface AttemptBudget {
  /** Milliseconds of the call's total time that went into attempts before. */
  spentMs: number;
  /** Models that were not asked yet. */
  waiting: number;
}

/** Makes one attempt, until there is an answer to be held or a failure. */
@Injectable()
export class UpstreamCaller {
  private readonly streamTimeouts: CallTimeouts;
  private readonly jsonTimeouts: CallTimeouts;

  constructor(
    { openrouter }: AppConfig,
    private readonly client: CompletionClient,
  ) {
    const total = openrouter.OPENROUTER_TOTAL_TIMEOUT_MS;
    this.streamTimeouts = {
      firstChunk: openrouter.OPENROUTER_FIRST_TOKEN_TIMEOUT_MS,
      idle: openrouter.OPENROUTER_IDLE_TIMEOUT_MS,
      total,
    };
    // A JSON answer is silent until it is complete.
    this.jsonTimeouts = { firstChunk: total, idle: total, total };
  }

  /** @throws UpstreamError, ClientGoneError */
  async hold(call: CompletionCall, attempt: UpstreamAttempt, budget: AttemptBudget): Promise<HeldAnswer> {
    const timeouts = call.stream ? this.streamTimeouts : this.jsonTimeouts;
    const response = await this.client.open({
      path: call.path ?? '/chat/completions',
      body: call.bodyFor(attempt.model),
      signal: call.signal,
      timeouts: within(timeouts, budget),
    });
    attempt.response = response;
    if (response.status !== 200) throw await refusal(response);
    // An error that came instead of a stream is JSON, with status 200.
    const isStream = call.stream && !String(response.headers['content-type']).includes('application/json');
    return isStream
      ? StreamAnswer.hold(attempt, response, call.includeUsage)
      : JsonAnswer.hold(attempt, response);
  }
}

/**
 * The same time-outs in what is left of the total. A model that says nothing is waited for no longer than leaves every model
 * behind it as long: a JSON answer may be silent for the whole of its time, and without that its fallbacks would have none.
 */
function within(timeouts: CallTimeouts, { spentMs, waiting }: AttemptBudget): CallTimeouts {
  if (spentMs === 0 && waiting === 0) return timeouts;
  const total = Math.max(1, timeouts.total - spentMs);
  return { ...timeouts, total, firstChunk: Math.min(timeouts.firstChunk, total / (waiting + 1)) };
}

async function refusal(response: UpstreamResponse): Promise<GatewayError> {
  const { status, headers } = response;
  // The status says enough when the body does not: too long, cut, no JSON.
  const body = await response.readAll(largestRefusal).catch(() => Buffer.alloc(0));
  return toUpstreamError({ status, headers, body: parseJson(body.toString('utf8')) });
}
