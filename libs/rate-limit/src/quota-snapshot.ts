/** Tokens that a call holds, or held until it lapsed, as its member of the sorted set says. */
export interface HeldTokens {
  readonly callId: string;
  readonly tokens: number;
  /** Of the admission: days since the epoch, UTC. */
  readonly day: number;
  /** The member itself. */
  readonly member: string;
}

/** A workspace's day as Redis had it at one moment. */
export interface QuotaSnapshot {
  readonly workspaceId: string;
  /** Days since the epoch, UTC. */
  readonly day: number;
  /** Redis' clock. */
  readonly takenAt: Date;
  /** Tokens settled or reserved; undefined when there is no count of this day. */
  readonly count: number | undefined;
  /** `quota:known`, '' when there is none. */
  readonly known: string;
  /** The last id that the stream of events had given: later events are not in the count. */
  readonly lastEventId: string;
  readonly reservations: readonly HeldTokens[];
  readonly lapsed: readonly HeldTokens[];
}

/** Reads `<call id>:<tokens>:<day>`; nothing when it is something else. */
export function toHeldTokens(member: unknown): HeldTokens[] {
  if (typeof member !== 'string') return [];
  const [, callId, tokens, day] = /^(.*):(\d+):(\d+)$/.exec(member) ?? [];
  if (callId === undefined) return [];
  return [{ callId, tokens: Number(tokens), day: Number(day), member }];
}

/** Reads the reply of `quota-snapshot.lua`. @throws TypeError when it is none */
export function toSnapshot(workspaceId: string, reply: unknown): QuotaSnapshot {
  if (!Array.isArray(reply)) throw new TypeError('quota-snapshot.lua answered no list');
  const [day, now, count, known, lastEventId, reservations, lapsed]: unknown[] = reply;
  return {
    workspaceId,
    day: Number(day),
    takenAt: new Date(Number(now)),
    count: count === '' ? undefined : Number(count) || 0,
    known: String(known),
    lastEventId: String(lastEventId),
    reservations: listOf(reservations).flatMap(toHeldTokens),
    lapsed: listOf(lapsed).flatMap(toHeldTokens),
  };
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
