import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuotaSnapshot } from '#rate-limit';
import type { UnwrittenEvent } from '#usage';
import { driftOf, ledgerPart, unwrittenToday } from './quota-balance.js';

const day = 20_000;
const dayStart = day * 86_400_000;
const takenAt = new Date(dayStart + 50_000_000);
const resetAt = new Date(dayStart + 1_000_000);
const lastEventId = '1000-5';

/** Where a call is when the snapshot is taken, and where the later reads find it. */
const places = {
  reserved: {},
  'reserved, settled and put on the stream after the snapshot': { streamId: '1000-6' },
  'reserved, settled and written after the snapshot': { inLedger: true },
  lapsed: {},
  'lapsed, settled late and written after the snapshot': { inLedger: true },
  'on the stream': { streamId: '1000-5' },
  'on the stream, in the ledger as well': { streamId: '999-7', inLedger: true },
  'on the stream, written and removed after the snapshot': { inLedger: true },
  'in the ledger': { inLedger: true },
  'admitted after the snapshot, in the ledger': { inLedger: true },
  'admitted after the snapshot, on the stream': { streamId: '1001-0' },
} satisfies Record<string, { streamId?: string; inLedger?: boolean }>;

type Place = keyof typeof places;
const isPlace = (text: string): text is Place => text in places;

interface Call {
  id: string;
  place: Place;
  reserved: number;
  used: number;
  /** Of the ledger's number, which may have been corrected after it was settled; the count has followed. */
  corrected: number;
  when: 'today' | 'before the reset' | 'yesterday';
}

const calls: fc.Arbitrary<Call[]> = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    place: fc.constantFrom(...Object.keys(places).filter(isPlace)),
    reserved: fc.nat(100_000),
    used: fc.nat(100_000),
    corrected: fc.integer({ min: -5, max: 5 }),
    when: fc.constantFrom('today', 'before the reset', 'yesterday'),
  }),
  { selector: ({ id }) => id },
);

const placeOf = ({ place }: Call): { streamId?: string; inLedger?: boolean } => places[place];
const ledgerTokens = ({ used, corrected }: Call): number => Math.max(0, used + corrected);
const createdAt = (call: Call): Date => {
  if (call.place.startsWith('admitted after')) return new Date(takenAt.getTime() + 1);
  const time = {
    today: resetAt.getTime() + 5,
    'before the reset': resetAt.getTime() - 5,
    yesterday: dayStart - 5,
  };
  return new Date(time[call.when]);
};

/** What a call adds to the count that Redis must have. */
function counted(call: Call): number {
  if (call.place.startsWith('reserved')) return call.when === 'yesterday' ? 0 : call.reserved;
  if (call.place.startsWith('admitted after') || call.place.startsWith('lapsed')) return 0;
  if (call.when !== 'today') return 0;
  return placeOf(call).inLedger ? ledgerTokens(call) : call.used;
}

function measure(all: Call[], count: number): number {
  const held = (prefix: string) =>
    all
      .filter(({ place }) => place.startsWith(prefix))
      .map(({ id, reserved, when }) => {
        const of = when === 'yesterday' ? day - 1 : day;
        return { callId: id, tokens: reserved, day: of, member: `${id}:${reserved}:${of}` };
      });
  const snapshot: QuotaSnapshot = {
    workspaceId: 'workspace',
    day,
    takenAt,
    count,
    known: String(day),
    lastEventId,
    reservations: held('reserved'),
    lapsed: held('lapsed'),
  };
  const unwritten: UnwrittenEvent[] = all.flatMap((call) => {
    const { streamId } = placeOf(call);
    return streamId === undefined
      ? []
      : [{ streamId, id: call.id, tokens: call.used, createdAt: createdAt(call) }];
  });
  const rows = all.filter((call) => placeOf(call).inLedger);
  const counts = (call: Call) => createdAt(call) >= resetAt;
  const { until = takenAt, except = [] } = ledgerPart(snapshot, unwritten);
  const tokens = rows
    .filter((call) => counts(call) && createdAt(call) < until && !except.includes(call.id))
    .reduce((sum, call) => sum + ledgerTokens(call), 0);
  const today = new Set(unwrittenToday(snapshot, unwritten).map(({ id }) => id));
  const recorded = new Map(
    rows.filter(({ id }) => today.has(id)).map((call) => [call.id, counts(call) ? ledgerTokens(call) : 0]),
  );
  return driftOf(snapshot, unwritten, { tokens, recorded, resetAt });
}

describe('driftOf', () => {
  it('is zero for a right count, wherever its calls are and however far the reads lag behind', () => {
    fc.assert(
      fc.property(calls, (all) => {
        const right = all.reduce((sum, call) => sum + counted(call), 0);
        expect(measure(all, right)).toBe(0);
      }),
    );
  });

  it('is what a wrong count is off by', () => {
    fc.assert(
      fc.property(calls, fc.integer(), (all, off) => {
        const right = all.reduce((sum, call) => sum + counted(call), 0);
        expect(measure(all, right + off)).toBe(off);
      }),
    );
  });

  it('counts a call once that is on the stream twice', () => {
    const snapshot: QuotaSnapshot = {
      workspaceId: 'w',
      day,
      takenAt,
      count: 7,
      known: '',
      lastEventId,
      reservations: [],
      lapsed: [],
    };
    const event = { id: 'one', tokens: 7, createdAt: resetAt };
    const twice = ['1-1', '1-2'].map((streamId) => ({ ...event, streamId }));
    expect(driftOf(snapshot, twice, { tokens: 0, recorded: new Map(), resetAt: undefined })).toBe(0);
  });
});
