import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportSegments } from './report-segments.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const length = { usage_events: 1, usage_hourly: hourMs, usage_daily: dayMs };
const now = new Date('2030-06-15T12:34:56.789Z');

/** Times around `now` and long before it, often on the edge of an hour or a day. */
const time = fc
  .tuple(fc.integer({ min: -40 * dayMs, max: 2 * dayMs }), fc.constantFrom(1, hourMs, dayMs))
  .map(([offset, unit]) => new Date(Math.floor((now.getTime() + offset) / unit) * unit));

const range = fc
  .tuple(time, time)
  .filter(([a, b]) => a.getTime() !== b.getTime())
  .map(([a, b]) => (a < b ? { start: a, end: b } : { start: b, end: a }));

const read = (start: string, end: string, byHour = false) =>
  reportSegments({ start: new Date(start), end: new Date(end) }, byHour, now).map(
    ({ table, start, end }) =>
      `${table} ${start.toISOString().slice(5, 16)} ${end.toISOString().slice(5, 16)}`,
  );

describe('reportSegments', () => {
  it('covers the whole time once, each part whole in its table', () => {
    fc.assert(
      fc.property(range, fc.boolean(), ({ start, end }, byHour) => {
        const segments = reportSegments({ start, end }, byHour, now);
        let at = start;
        for (const segment of segments) {
          expect(segment.start).toEqual(at);
          expect(segment.end.getTime()).toBeGreaterThan(segment.start.getTime());
          expect(segment.start.getTime() % length[segment.table]).toBe(0);
          expect(segment.end.getTime() % length[segment.table]).toBe(0);
          at = segment.end;
        }
        if (end < now) expect(at).toEqual(end);
        else expect(at.getTime() - end.getTime()).toBeLessThan(byHour ? hourMs : dayMs);
        const events = segments.filter(({ table }) => table === 'usage_events');
        expect(
          events.reduce((sum, { start, end }) => sum + (end.getTime() - start.getTime()), 0),
        ).toBeLessThan(2 * hourMs);
        if (byHour) expect(segments.map(({ table }) => table)).not.toContain('usage_daily');
      }),
    );
  });

  it('reads days by day, the hours beside them by hour, and the edges by event', () => {
    expect(read('2030-06-01T00:00:00Z', '2030-06-03T00:00:00Z')).toEqual([
      'usage_daily 06-01T00:00 06-03T00:00',
    ]);
    expect(read('2030-06-01T00:00:00Z', '2030-06-02T00:00:00Z', true)).toEqual([
      'usage_hourly 06-01T00:00 06-02T00:00',
    ]);
    expect(read('2030-06-01T21:30:00Z', '2030-06-03T02:10:00Z')).toEqual([
      'usage_events 06-01T21:30 06-01T22:00',
      'usage_hourly 06-01T22:00 06-02T00:00',
      'usage_daily 06-02T00:00 06-03T00:00',
      'usage_hourly 06-03T00:00 06-03T02:00',
      'usage_events 06-03T02:00 06-03T02:10',
    ]);
    expect(read('2030-06-01T21:10:00Z', '2030-06-01T21:50:00Z')).toEqual([
      'usage_events 06-01T21:10 06-01T21:50',
    ]);
  });

  it('takes an end that is not past for the end of its hour or day', () => {
    expect(read('2030-06-15T00:00:00Z', now.toISOString())).toEqual(['usage_daily 06-15T00:00 06-16T00:00']);
    expect(read('2030-06-15T00:00:00Z', now.toISOString(), true)).toEqual([
      'usage_hourly 06-15T00:00 06-15T13:00',
    ]);
    expect(read('2030-06-15T00:00:00Z', '2030-06-15T12:34:00Z', true)).toEqual([
      'usage_hourly 06-15T00:00 06-15T12:00',
      'usage_events 06-15T12:00 06-15T12:34',
    ]);
  });
});
