import { Injectable } from '@nestjs/common';
import { GatewayError, storable } from '#common';
import { ClientGoneError, UpstreamJournal } from '#openrouter';
import type { AnswerSink } from './answer-sink.js';
import { CompletionAttempts } from './attempts/completion-attempts.js';
import { CompletionRun } from './attempts/completion-run.js';
import { Breakers } from './breaker/breakers.js';
import { ClientStream } from './client-stream.js';
import type { CompletionCall } from './completion-call.js';
import {
  type CompletionOutcome,
  type CompletionStatus,
  nothingOwed,
  settledCost,
  settledUsage,
} from './completion-outcome.js';
import type { UpstreamAttempt } from './upstream-attempt.js';

/** Carries one completion from the upstream to the client, and tells how it went. */
@Injectable()
export class CompletionProxy {
  constructor(
    private readonly attempts: CompletionAttempts,
    private readonly breakers: Breakers,
    private readonly journal: UpstreamJournal,
  ) {}

  /**
   * Seeks an answer and forwards it. Nothing reaches the sink before the first real chunk (or the whole JSON body) is here;
   * until then failures are met with repeats and fallback models, and the one that is left is thrown. Afterwards a failure
   * becomes the last event of the stream, and nothing is tried again.
   *
   * @throws UpstreamError or BreakerOpenError before anything was sent.
   */
  async forward(call: CompletionCall, sink: AnswerSink): Promise<CompletionOutcome> {
    const run = new CompletionRun();
    const client = new ClientStream(sink);
    try {
      const answer = await this.attempts.firstAnswer(call, run);
      call.onDecided(run.records);
      await answer.sendTo(client);
      const failure = run.current?.tap.error;
      return this.finish(call, run, failure ? 'failed' : 'completed', failure);
    } catch (thrown) {
      const error = call.signal.aborted ? new ClientGoneError() : thrown;
      run.current?.response?.abort(new Error('The answer is given up', { cause: error }));
      if (!(error instanceof GatewayError)) throw error;
      return await this.giveUp(call, run, client, error);
    }
  }

  private async giveUp(
    call: CompletionCall,
    run: CompletionRun,
    client: ClientStream,
    error: GatewayError,
  ): Promise<CompletionOutcome> {
    if (error instanceof ClientGoneError) {
      if (client.hasBegun) return this.finish(call, run, 'cancelled', error);
      run.cancelled();
      call.onDecided(run.records);
      return this.finish(call, run, 'cancelled', error, 499);
    }
    if (!client.hasBegun) {
      call.onDecided(run.records);
      throw error;
    }
    // The client may leave over the bad news; the call was cut all the same.
    await client.endWith(error).catch(() => undefined);
    return this.finish(call, run, run.current?.tap.error ? 'failed' : 'cut', error);
  }

  private finish(
    call: CompletionCall,
    run: CompletionRun,
    status: CompletionStatus,
    error?: GatewayError,
    statusCode = 200,
  ): CompletionOutcome {
    const attempt = run.current;
    if (attempt) this.record(attempt, error);
    const tap = attempt?.tap;
    const usage = tap && attempt.isAccepted ? settledUsage(tap, call.promptTokens, status) : nothingOwed;
    return {
      status,
      statusCode,
      model: tap?.model ?? attempt?.model ?? call.routes[0],
      generationId: attempt?.generationId,
      usage,
      cost: tap && settledCost(tap, usage),
      text: storable(tap?.text ?? ''),
      finishReason: tap?.finishReason,
      firstChunkMs: attempt?.firstChunkMs,
      latencyMs: run.elapsedMs,
      error,
    };
  }

  private record({ pass, model, response, startedAt, firstChunkMs }: UpstreamAttempt, error?: GatewayError) {
    this.breakers.ended(pass, error);
    const statusCode = response?.status;
    this.journal.record({ operation: 'chat', model, statusCode, startedAt, firstChunkMs, error });
  }
}
