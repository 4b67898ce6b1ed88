import { isId } from '#common';
import type { QuotaSnapshot } from '#rate-limit';
import { compareStreamIds, type DayOfUsage, type UnwrittenEvent } from '#usage';

const dayMs = 86_400_000;

/** What is known of a workspace's day on the side of the ledger. */
export interface LedgerSide {
  /** Tokens of the calls that {@link ledgerPart} leaves. */
  readonly tokens: number;
  /** Calls that are on the stream and in the ledger: id → tokens. A correction may have changed them since. */
  readonly recorded: ReadonlyMap<string, number>;
  /** When the quota was last set back. */
  readonly resetAt: Date | undefined;
}

/** The events of the day that the count may hold: what the stream is searched in the ledger for. */
export const unwrittenToday = (
  { day }: QuotaSnapshot,
  unwritten: readonly UnwrittenEvent[],
): UnwrittenEvent[] => unwritten.filter(({ createdAt }) => Math.floor(createdAt.getTime() / dayMs) === day);

/**
 * The calls whose tokens the ledger alone tells: those of the day that were admitted before the snapshot, without those
 * that hold tokens (they are in the ledger only if they ended since, or their settling failed) and those on the stream.
 */
export const ledgerPart = (snapshot: QuotaSnapshot, unwritten: readonly UnwrittenEvent[]): DayOfUsage => ({
  day: snapshot.day,
  until: snapshot.takenAt,
  except: [
    ...snapshot.reservations.map(({ callId }) => callId),
    ...snapshot.lapsed.map(({ callId }) => callId),
    ...unwritten.map(({ id }) => id),
    // Whatever else somebody put into these keys, the ledger knows nothing of it.
  ].filter(isId),
});

/**
 * Tokens that Redis counts too many; negative: too few.
 *
 *     expected = ledger, without what is held or on the stream
 *              + events on the stream that were there at the snapshot, each once
 *              + reservations of the day
 */
export function driftOf(
  snapshot: QuotaSnapshot,
  unwritten: readonly UnwrittenEvent[],
  { tokens, recorded, resetAt }: LedgerSide,
): number {
  const settled = new Map(
    unwrittenToday(snapshot, unwritten)
      .filter(({ streamId }) => compareStreamIds(streamId, snapshot.lastEventId) <= 0)
      .filter(({ createdAt }) => resetAt === undefined || createdAt >= resetAt)
      .map((event) => [event.id, recorded.get(event.id) ?? event.tokens]),
  );
  const held = snapshot.reservations.filter(({ day }) => day === snapshot.day);
  const expected = tokens + sum(settled.values()) + sum(held.map((reservation) => reservation.tokens));
  return (snapshot.count ?? 0) - expected;
}

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};
