import { createHash } from 'node:crypto';

/** Numbers in [-1, 1) that depend on the seed alone: mulberry32 (T. Ettinger, public domain), seeded by SHA-256. */
function* randomsOf(seed: string): Generator<number, never> {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  for (;;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  }
}

/**
 * The embedding of a text: same text, same vector, of length 1 in float32. A shorter one points where the beginning of
 * the longer one points, as models with a `dimensions` parameter promise.
 */
export function unitVector(text: string, dimensions: number): Float32Array {
  const randoms = randomsOf(text);
  const values = Array.from({ length: dimensions }, () => randoms.next().value);
  const norm = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / norm);
}

/** The vector as base64 of little-endian float32, whatever this machine's own byte order. */
export function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes.toString('base64');
}
