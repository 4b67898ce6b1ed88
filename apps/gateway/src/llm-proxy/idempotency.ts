import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { BackgroundTasks, newId, sha256 } from '#common';
import { AppConfig } from '#config';
import {
  AnswerRecording,
  type AnswerName,
  type AnswerSink,
  type Claim,
  followAnswer,
  IdempotencyKeyReusedError,
  KeptAnswerStore,
  leaseMs,
  RecordingSink,
} from '#llm-proxy';
import { metrics } from '#observability';
import { RateLimiter } from '#rate-limit';
import { requestAdmitted } from '../rate-limit/index.js';
import { headersSince } from './answer-headers.js';
import { ExpressSink } from './express-sink.js';
import type { ForwardedCall } from './forwarded-call.js';
import { fingerprintOf, idempotencyKeyIn } from './idempotency-key.js';
import { keepAliveComment } from './keep-alive.js';

/** Milliseconds for which an answer can be replayed. */
const keepMs = 86_400_000;

/** Makes an answer and gives it to the client. @returns whether it is whole: one that is not must not be replayed */
export type MakeAnswer = (call: ForwardedCall, client: AnswerSink) => Promise<boolean>;

/** Answers calls that name themselves by an `Idempotency-Key` once, however often and on however many gateways they come. */
@Injectable()
export class Idempotency {
  constructor(
    private readonly config: AppConfig,
    private readonly store: KeptAnswerStore,
    private readonly limiter: RateLimiter,
    private readonly background: BackgroundTasks,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(Idempotency.name);
  }

  /**
   * Makes the answer, or gives the one that was made under the call's key, or is being made. A replay takes a request of the
   * key's limit and nothing else.
   * @throws IdempotencyKeyReusedError · LimitError · whatever `make` throws
   */
  async once(call: ForwardedCall, response: Response, make: MakeAnswer): Promise<void> {
    const client = this.sinkFor(call, response);
    const key = idempotencyKeyIn(call);
    if (key === undefined) {
      await make(call, client);
      return;
    }
    const name: AnswerName = {
      area: 'idempotency',
      workspaceId: call.caller.workspaceId,
      keyHash: sha256(key),
    };
    for (let isRepeated = false; ; isRepeated = true) {
      const claim = await this.claim(name, fingerprintOf(call));
      metrics.answers.idempotentCalls.inc({ outcome: claim?.kind ?? 'unavailable' });
      if (claim === undefined) {
        response.setHeader('x-idempotency', 'unavailable');
        await make(call, client);
        return;
      }
      if (claim.kind === 'reused') throw new IdempotencyKeyReusedError();
      const answer = { name, owner: claim.owner };
      if (claim.kind === 'claimed') return this.record(answer, call, response, make);
      if (!isRepeated) await requestAdmitted(response, this.limiter.admitRequest(call.caller));
      const followed = await followAnswer(this.store, answer, asReplay(client), call.signal);
      if (followed !== 'nothing') return;
      // It came to nothing, and this client has seen nothing of it: now it is this call's turn.
    }
  }

  private sinkFor({ signal, keepAlive = keepAliveComment }: ForwardedCall, response: Response): ExpressSink {
    const everyMs = this.config.server.STREAM_KEEPALIVE_MS;
    return new ExpressSink(response, signal, { everyMs, bytes: keepAlive });
  }

  private async claim(name: AnswerName, fingerprint: string): Promise<Claim | undefined> {
    try {
      return await this.store.claim(name, newId(), fingerprint, leaseMs);
    } catch (error) {
      metrics.redis.errors.inc({ operation: 'idempotency' });
      this.logger.warn(
        { workspace_id: name.workspaceId, exception: String(error) },
        'idempotency_unavailable',
      );
      return undefined;
    }
  }

  /**
   * Makes the answer and keeps it. The call goes on when its client leaves: whoever names a call comes back for its answer, and
   * must not pay for it twice.
   */
  private async record(
    answer: { name: AnswerName; owner: string },
    call: ForwardedCall,
    response: Response,
    make: MakeAnswer,
  ): Promise<void> {
    const { store } = this;
    const recording = new AnswerRecording({
      store,
      ...answer,
      maxBytes: this.config.answers.ANSWERS_MAX_BYTES,
      keepMs,
    });
    const before = response.getHeaders();
    const client = this.sinkFor(call, response);
    const sink = new RecordingSink(client, recording, () => headersSince(before, response));
    const unending = new AbortController().signal;
    const made = make({ ...call, signal: unending }, sink);
    this.background.run('keep answer', async () => {
      const isWhole = await made.catch(() => false);
      await recording.end(isWhole ? 'whole' : sink.hasEnded ? 'failed' : 'lost');
    });
    await made;
  }
}

/** The client of an answer that another call made. */
const asReplay = (client: AnswerSink): AnswerSink => ({
  start: (status, headers) => client.start(status, { ...headers, 'idempotent-replayed': 'true' }),
  write: (bytes) => client.write(bytes),
  end: () => client.end(),
});
