import type { ServedCall } from '#testing';
import type { Call } from './call.js';

/**
 * What the ledger must say of a generation that the simulator began.
 *
 * `owed`: it could be known, so it must be there with exactly these tokens. It could be known when its id reached a gateway
 * that lived to tell: the simulator had sent the headers (`X-Generation-Id`), and nobody cut the line in that very moment.
 *
 * `forgiven`: the upstream broke it off before its client was given anything of it, so the tenant's reservation is given back
 * (docs/architecture.md, when something fails), although the upstream may bill it. It must not be charged.
 *
 * `unknowable`: its call was ended before any header came, so no gateway ever heard of it. The upstream bills it all the
 * same, and the ledger cannot hold it: a charge would be made up.
 *
 * `either`: whether the gateway came to tell is a race: it was killed while it had the call in hand (answered, perhaps, and
 * not yet settled), or the client left in the very moment in which the headers were on their way. It may be there or not; if
 * it is, then with exactly these tokens, and once.
 */
export interface Generation {
  readonly id: string;
  readonly call: Call | undefined;
  readonly tokens: number;
  readonly claim: 'owed' | 'forgiven' | 'unknowable' | 'either';
}

/** A gateway that was killed so soon after an answer may not have settled it. */
const settlesWithinMs = 500;
/** Headers that were sent so shortly before the client left may have met a busy gateway that had not read them yet. */
const headersReadWithinMs = 1_500;

/** The simulator's word on each generation, matched with the client call that it was for. */
export function generationsOf(served: readonly ServedCall[], calls: readonly Call[]): Generation[] {
  const callById = new Map(calls.map((call) => [call.id, call]));
  return served.map((generation) => {
    const call = callById.get(markOf(generation));
    return { id: generation.id, call, tokens: tokensOf(generation), claim: claimOf(generation, call) };
  });
}

/** The tokens of prompt and answer. A blank answer that the upstream does not bill, and that nobody could be given, has none. */
function tokensOf({ prompt_tokens, completion_tokens, sent_tokens, cost }: ServedCall): number {
  return cost === 0 && sent_tokens === 0 ? 0 : prompt_tokens + completion_tokens;
}

function claimOf(generation: ServedCall, call: Call | undefined): Generation['claim'] {
  if (call && diedInHand(call)) return 'either';
  const { headers_at, cancelled_at, cancelled, error, sent_tokens } = generation;
  if (headers_at === null) return 'unknowable';
  if (error !== null && !cancelled && sent_tokens === 0) return 'forgiven';
  // A client that was given a status line is proof that they had been read.
  const isRace =
    cancelled_at !== null &&
    call?.status !== 200 &&
    Date.parse(cancelled_at) - Date.parse(headers_at) < headersReadWithinMs;
  return isRace ? 'either' : 'owed';
}

/** Whether its gateway was killed while it ran, or before it can be said to have been settled. */
export function diedInHand({ gateway: { killedAt }, endedAt }: Call): boolean {
  return killedAt !== undefined && endedAt > killedAt - settlesWithinMs;
}

function markOf({ body }: ServedCall): string {
  const metadata = body?.['metadata'];
  return typeof metadata === 'object' && metadata !== null && 'call' in metadata ? String(metadata.call) : '';
}

/** The most calls of a kind that the simulator had at the same time. */
export function mostAtOnce(served: readonly ServedCall[], kind: string): number {
  const changes = served
    .filter(({ user }) => user === kind)
    .flatMap(({ started_at, ended_at }) => [
      { at: Date.parse(started_at), by: 1 },
      { at: ended_at === null ? Infinity : Date.parse(ended_at), by: -1 },
    ])
    // In the same millisecond an end makes room for a beginning.
    .toSorted((a, b) => a.at - b.at || a.by - b.by);
  let [now, most] = [0, 0];
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}
