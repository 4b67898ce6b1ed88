import { Injectable } from '@nestjs/common';
import { systemClock } from '#common';
import { type EmbeddingsAnswer, OpenRouterApi } from '#openrouter';
import { AttemptPolicy } from './attempts/attempt-policy.js';
import { Breakers } from './breaker/breakers.js';

/** Embeddings to be asked for. */
export interface EmbeddingsCall {
  /** The one model that may serve it: vectors of two cannot be compared. */
  readonly model: string;
  /** JSON for the upstream. */
  readonly body: Buffer;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** Told before each call to the upstream how many those are with it. */
  onAttempt(made: number): void;
}

/** Gets embeddings as completions are got: asked again when that may help, within the same bounds, behind the same breakers. */
@Injectable()
export class EmbeddingsProxy {
  constructor(
    private readonly policy: AttemptPolicy,
    private readonly breakers: Breakers,
    private readonly api: OpenRouterApi,
  ) {}

  /** @throws UpstreamError, BreakerOpenError or ClientGoneError; asking twice does no harm, whatever the first came to */
  async embed(call: EmbeddingsCall): Promise<EmbeddingsAnswer> {
    const startedAt = systemClock.now();
    let made = 0;
    const attempt = async () => {
      const pass = this.breakers.admit(call.model);
      call.onAttempt((made += 1));
      const left = startedAt + this.policy.totalMs - systemClock.now();
      try {
        const answer = await this.api.embeddings(call.body, call.model, call.signal, left);
        this.breakers.ended(pass);
        return answer;
      } catch (error) {
        this.breakers.ended(pass, error);
        throw error;
      }
    };
    try {
      return await attempt();
    } catch (error) {
      const { model, signal } = call;
      return await this.policy.afterFailure({ routes: [model], signal, startedAt }, error, attempt);
    }
  }
}
