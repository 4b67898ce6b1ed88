import type { AttemptRecord } from './attempts/attempt-record.js';

/** A call to be made. */
export interface CompletionCall {
  /** Below the upstream's base URL; `/chat/completions` when absent. */
  path?: string;
  /**
   * The models that may serve it, in the order they are to be tried: the chosen one, then its fallbacks. Each once, at least
   * one, and all of them models that the key may use: whoever makes the call has seen to that.
   */
  routes: readonly [string, ...string[]];
  /** JSON for the upstream that asks one of the routes, and no other model; called once an attempt. */
  bodyFor(model: string): Buffer;
  stream: boolean;
  /** The client wants the chunk that counts; else it is read and left out. */
  includeUsage: boolean;
  /** Our count of the prompt, for settling calls that the provider did not count. */
  promptTokens: number;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
  /**
   * Told once, when it is settled who answers: just before the first byte leaves, or before the failure is thrown. Headers
   * can still be set.
   */
  onDecided(attempts: readonly AttemptRecord[]): void;
}
