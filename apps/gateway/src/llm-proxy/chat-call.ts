import type { Caller } from '#auth';

/** A chat call as the gateway received it: who, what bytes, and whether anybody is still listening. */
export interface ChatCall {
  caller: Caller;
  requestId: string;
  rawBody: Buffer;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
}
