import { Injectable } from '@nestjs/common';
import { GatewayError, parseJson, storable } from '#common';
import { AppConfig } from '#config';
import {
  type CallTimeouts,
  ClientGoneError,
  CompletionClient,
  toUpstreamError,
  UpstreamJournal,
  type UpstreamResponse,
} from '#openrouter';
import type { AnswerSink } from './answer-sink.js';
import { ClientStream } from './client-stream.js';
import {
  type CompletionOutcome,
  type CompletionStatus,
  type CompletionUsage,
  nothingOwed,
  settledCost,
  settledUsage,
} from './completion-outcome.js';
import { JsonAnswer } from './json-answer.js';
import { StreamAnswer } from './stream-answer.js';
import { type CompletionCall, type HeldAnswer, UpstreamAttempt } from './upstream-attempt.js';

const largestRefusal = 64 * 1024;

/** Carries one completion from the upstream to the client, and tells how it went. */
@Injectable()
export class CompletionProxy {
  private readonly streamTimeouts: CallTimeouts;
  private readonly jsonTimeouts: CallTimeouts;

  constructor(
    { openrouter }: AppConfig,
    private readonly client: CompletionClient,
    private readonly journal: UpstreamJournal,
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

  /**
   * Calls the upstream and forwards its answer. Nothing reaches the sink before the first real chunk (or the whole JSON
   * body) is here; until then every failure is thrown. Afterwards a failure becomes the last event of the stream.
   *
   * @throws UpstreamError before anything was sent.
   */
  async forward(call: CompletionCall, sink: AnswerSink): Promise<CompletionOutcome> {
    const attempt = new UpstreamAttempt();
    const client = new ClientStream(sink);
    try {
      // Retries, fallback models and breakers belong around this one line: the client has seen nothing yet.
      const answer = await this.hold(call, attempt);
      await answer.sendTo(client);
      return this.finish(call, attempt, attempt.tap.error ? 'failed' : 'completed', attempt.tap.error);
    } catch (thrown) {
      const error = call.signal.aborted ? new ClientGoneError() : thrown;
      attempt.response?.abort(new Error('The answer is given up', { cause: error }));
      if (!(error instanceof GatewayError)) throw error;
      return await this.giveUp(call, attempt, client, error);
    }
  }

  private async hold(call: CompletionCall, attempt: UpstreamAttempt): Promise<HeldAnswer> {
    const response = await this.client.open({
      path: call.path ?? '/chat/completions',
      body: call.body,
      signal: call.signal,
      timeouts: call.stream ? this.streamTimeouts : this.jsonTimeouts,
    });
    attempt.response = response;
    if (response.status !== 200) throw await refusal(response);
    // An error that came instead of a stream is JSON, with status 200.
    const isStream = call.stream && !String(response.headers['content-type']).includes('application/json');
    return isStream
      ? StreamAnswer.hold(attempt, response, call.includeUsage)
      : JsonAnswer.hold(attempt, response);
  }

  private async giveUp(
    call: CompletionCall,
    attempt: UpstreamAttempt,
    client: ClientStream,
    error: GatewayError,
  ): Promise<CompletionOutcome> {
    if (error instanceof ClientGoneError)
      return this.finish(call, attempt, 'cancelled', error, client.hasBegun ? 200 : 499);
    if (!client.hasBegun) {
      this.record(call, attempt, error);
      throw error;
    }
    // The client may leave over the bad news; the call was cut all the same.
    await client.endWith(error).catch(() => undefined);
    return this.finish(call, attempt, 'cut', error);
  }

  private finish(
    call: CompletionCall,
    attempt: UpstreamAttempt,
    status: CompletionStatus,
    error?: GatewayError,
    statusCode = 200,
  ): CompletionOutcome {
    const { tap } = attempt;
    this.record(call, attempt, error);
    const usage: CompletionUsage = attempt.isAccepted
      ? settledUsage(tap, call.promptTokens, status)
      : nothingOwed;
    return {
      status,
      statusCode,
      model: tap.model ?? call.model,
      // OpenRouter names it in a header, too: then it is known of a stream that never came to its first chunk.
      generationId: tap.generationId ?? attempt.generationId,
      usage,
      cost: settledCost(tap, usage),
      text: storable(tap.text),
      finishReason: tap.finishReason,
      firstChunkMs: attempt.firstChunkMs,
      latencyMs: attempt.latencyMs,
      error,
    };
  }

  private record(call: CompletionCall, attempt: UpstreamAttempt, error?: GatewayError): void {
    this.journal.record({
      operation: 'chat',
      model: call.model,
      statusCode: attempt.response?.status,
      startedAt: attempt.startedAt,
      firstChunkMs: attempt.firstChunkMs,
      error,
    });
  }
}

async function refusal(response: UpstreamResponse): Promise<GatewayError> {
  const { status, headers } = response;
  // The status says enough when the body does not: too long, cut, no JSON.
  const body = await response.readAll(largestRefusal).catch(() => Buffer.alloc(0));
  return toUpstreamError({ status, headers, body: parseJson(body.toString('utf8')) });
}
