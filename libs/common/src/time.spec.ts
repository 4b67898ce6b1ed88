import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from './gateway-error.js';
import { parseTime, readTime } from './time.js';

describe('parseTime', () => {
  it('reads what toISOString writes', () => {
    const date = fc.date({
      min: new Date('0002-01-01T00:00:00Z'),
      max: new Date('9998-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (time) => {
        expect(parseTime(time.toISOString())).toEqual(time);
      }),
    );
  });

  it.each([
    ['before 1970', '1969-07-20T20:17:00Z', '1969-07-20T20:17:00.000Z'],
    ['a zone', '2026-11-22T08:30:00.5+02:00', '2026-11-22T06:30:00.500Z'],
    ['a bare date', '2026-11-22', '2026-11-22T00:00:00.000Z'],
  ])('takes %s', (_name, text, time) => {
    expect(parseTime(text)?.toISOString()).toBe(time);
  });

  it.each([
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['no zone', '2026-11-22T08:30:00'],
    ['a month too many', '2026-13-01T00:00:00Z'],
    ['the first year', '0001-01-01T00:00:00Z'],
    ['the last year', '9999-12-31T23:59:59Z'],
    ['words', 'yesterday'],
    ['what JavaScript alone reads', '22 Nov 2026'],
  ])('refuses %s', (_name, text) => {
    expect(parseTime(text)).toBeUndefined();
    expect(() => readTime(text, 'start')).toThrow(InvalidRequestError);
  });
});
