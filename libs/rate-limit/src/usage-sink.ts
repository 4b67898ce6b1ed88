import type { UsageEvent } from '#queues';

/** Where the event of a call goes that Redis could not settle. The gateway binds the ledger's recorder to it. */
export abstract class UsageSink {
  /** Resolves when the event is safe. Must not reject; the same event may come twice. */
  abstract record(event: UsageEvent): Promise<void>;
}
