import fc from 'fast-check';

/** Does one thing to some bytes. Places are shares of their length, 0 to 1, so that they mean something for any. */
export type Damage = (bytes: Buffer) => Buffer;

const place = fc.double({ min: 0, max: 1, noNaN: true });
const span = fc.tuple(place, place).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const at = (bytes: Buffer, share: number) => Math.floor(share * bytes.length);

/** Cuts, drops, repeats and flips. */
export const byteDamage: fc.Arbitrary<Damage> = fc.oneof(
  place.map(
    (share): Damage =>
      (bytes) =>
        bytes.subarray(0, at(bytes, share)),
  ),
  span.map(
    ([from, to]): Damage =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at(bytes, from)), bytes.subarray(at(bytes, to))]),
  ),
  span.map(
    ([from, to]): Damage =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at(bytes, to)), bytes.subarray(at(bytes, from))]),
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 255 })).map(([share, mask]): Damage => (bytes) => {
    const flipped = Buffer.from(bytes);
    const i = Math.min(at(bytes, share), bytes.length - 1);
    if (i >= 0) flipped[i] = (flipped[i] ?? 0) ^ mask;
    return flipped;
  }),
);

/** Puts some bytes somewhere. */
export const insertionOf = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Damage> =>
  fc.tuple(place, bytes).map(
    ([share, inserted]): Damage =>
      (whole) =>
        Buffer.concat([whole.subarray(0, at(whole, share)), inserted, whole.subarray(at(whole, share))]),
  );
