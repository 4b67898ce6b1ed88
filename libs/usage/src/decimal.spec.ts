import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLess, parseDecimal, plus, printDecimal, times, type Decimal } from './decimal.js';

const decimal = fc.record({ units: fc.bigInt({ min: 0n, max: 10n ** 17n }), scale: fc.nat(30) });
/** All at one scale, as whole numbers. */
const whole = ({ units, scale }: Decimal): bigint => units * 10n ** BigInt(60 - scale);

describe('decimals', () => {
  it('are what they say when printed and read again', () => {
    fc.assert(
      fc.property(decimal, (value) => {
        const text = printDecimal(value);
        expect(text).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
        expect(whole(parseDecimal(text) ?? { units: -1n, scale: 0 })).toBe(whole(value));
      }),
    );
  });

  it('add and multiply without losing a digit', () => {
    fc.assert(
      fc.property(decimal, decimal, fc.maxSafeNat(), (a, b, count) => {
        expect(whole(plus(a, b))).toBe(whole(a) + whole(b));
        expect(whole(times(a, count))).toBe(whole(a) * BigInt(count));
        expect(isLess(a, b)).toBe(whole(a) < whole(b));
      }),
    );
    expect(0.1 * 3).not.toBe(0.3);
    expect(printDecimal(times({ units: 1n, scale: 1 }, 3))).toBe('0.3');
  });

  it.each([
    ['0', '0'],
    ['007.50', '7.5'],
    ['0.00000015', '0.00000015'],
    ['1.5e-6', '0.0000015'],
    ['1.25E+3', '1250'],
    ['2e1', '20'],
  ])('read %s as %s', (text, printed) => {
    expect(printDecimal(parseDecimal(text) ?? { units: -1n, scale: 0 })).toBe(printed);
  });

  it.each(['', '-1', '.5', '1.', '1,5', '0x1', 'NaN', ' 1', '1e999', '9'.repeat(19), `0.${'1'.repeat(31)}`])(
    'do not read %j',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );
});
