import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '#common';
import type { Endpoint } from './fault.js';

/** One call as the simulator saw it. In the ledger from its arrival on; the figures are final once `ended_at` is set. */
export interface ServedCall {
  /** The generation id, `gen-…`, also in `X-Generation-Id`. */
  id: string;
  endpoint: Endpoint;
  path: string;
  /** The model that served, or the first that was asked for. */
  model: string | null;
  provider: string | null;
  user: string | null;
  streamed: boolean;
  /** The HTTP status; 0 while none was sent. */
  status: number;
  /** Tokens billed; all 0 for a refused call. */
  prompt_tokens: number;
  /** Tokens billed: of a stream those sent until it ended, for whatever reason; of a JSON reply all of them. */
  completion_tokens: number;
  /** Completion tokens that were written to the socket. */
  sent_tokens: number;
  /** USD billed. */
  cost: number;
  finish_reason: string | null;
  /** The caller left before the end. */
  cancelled: boolean;
  /** Why the call was refused or broken off, for people. */
  error: string | null;
  headers: IncomingHttpHeaders;
  body: JsonObject | null;
  /** Bytes of the request body, and of the reply's body as far as it was written. */
  received_bytes: number;
  sent_bytes: number;
  /** Data events written, without comments and `[DONE]`. */
  chunks_sent: number;
  /** RFC 3339 UTC. */
  started_at: string;
  /** When status line and headers, with the generation's id among them, were written. */
  headers_at: string | null;
  first_byte_at: string | null;
  cancelled_at: string | null;
  ended_at: string | null;
}

/** Sums over calls, to be compared with what a gateway charged. */
export interface CallTotals {
  calls: number;
  cancelled: number;
  prompt_tokens: number;
  completion_tokens: number;
  sent_tokens: number;
  /** USD, rounded to whole picodollars. */
  cost: number;
}

/** What the simulator served, oldest first; bounded, so that a demo may run for weeks. */
export class Ledger {
  private entries: ServedCall[] = [];
  private forgotten = 0;

  /** @param limit calls that are kept; beyond it the oldest are forgotten. */
  constructor(private readonly limit = 20_000) {}

  record(call: ServedCall): void {
    this.entries.push(call);
    if (this.entries.length <= this.limit) return;
    // A tenth at a time: shifting one by one would cost a copy a call.
    this.forgotten += this.entries.splice(0, Math.ceil(this.limit / 10)).length;
  }

  calls(where: (call: ServedCall) => boolean = () => true): ServedCall[] {
    return this.entries.filter(where);
  }

  find(id: string): ServedCall | undefined {
    return this.entries.findLast((call) => call.id === id);
  }

  /** Calls that have not ended. */
  inFlight(): number {
    return this.entries.filter((call) => call.ended_at === null).length;
  }

  /**
   * @throws Error when calls were forgotten, since a sum without them would be a lie.
   */
  totals(where?: (call: ServedCall) => boolean): CallTotals {
    if (this.forgotten > 0)
      throw new Error(`The ledger has forgotten ${this.forgotten} calls; raise ledgerLimit`);
    const calls = this.calls(where);
    const sum = (pick: (call: ServedCall) => number) => calls.reduce((total, call) => total + pick(call), 0);
    return {
      calls: calls.length,
      cancelled: calls.filter((call) => call.cancelled).length,
      prompt_tokens: sum((call) => call.prompt_tokens),
      completion_tokens: sum((call) => call.completion_tokens),
      sent_tokens: sum((call) => call.sent_tokens),
      cost: sum((call) => Math.round(call.cost * 1e12)) / 1e12,
    };
  }

  clear(): void {
    this.entries = [];
    this.forgotten = 0;
  }
}
