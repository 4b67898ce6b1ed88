/** An exact decimal, zero or more: `units` × 10^-`scale`. */
export interface Decimal {
  units: bigint;
  /** Digits after the point. */
  scale: number;
}

const pattern = /^(\d{1,18})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?$/;

/** Reads `0.0000015` or `1.5e-6`; undefined for anything else, negative numbers and endless digits among it. */
export function parseDecimal(text: string): Decimal | undefined {
  const [, whole, fraction = '', exponent = '0'] = pattern.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const units = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { units, scale } : { units: units * powerOfTen(-scale), scale: 0 };
}

/** @param count a whole number, zero or more */
export const times = ({ units, scale }: Decimal, count: number): Decimal => ({
  units: units * BigInt(count),
  scale,
});

export function plus(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

export const isLess = (a: Decimal, b: Decimal): boolean => {
  const scale = Math.max(a.scale, b.scale);
  return unitsAt(a, scale) < unitsAt(b, scale);
};

/** All digits that count, without exponent: `0.0000015`. */
export function printDecimal({ units, scale }: Decimal): string {
  const digits = units.toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = digits.slice(point).replace(/0+$/, '');
  return digits.slice(0, point) + (fraction && `.${fraction}`);
}

const powerOfTen = (exponent: number): bigint => 10n ** BigInt(exponent);
const unitsAt = ({ units, scale }: Decimal, wanted: number): bigint => units * powerOfTen(wanted - scale);
