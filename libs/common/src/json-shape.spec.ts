import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from './gateway-error.js';
import { assertReasonableShape } from './json-shape.js';

const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

describe('assertReasonableShape', () => {
  it('lets ordinary bodies through', () => {
    for (const body of [
      undefined,
      null,
      7,
      [],
      {},
      { items: Array.from({ length: 100 }, () => members(50)) },
    ]) {
      expect(() => assertReasonableShape(body)).not.toThrow();
    }
  });

  it.each([
    ['too many members', { metadata: members(1_001) }],
    ['too many values', { items: Array.from({ length: 100_001 }, () => 0) }],
    ['a member of every object', JSON.parse('{"a":[{"constructor":1}]}')],
    ['a prototype', JSON.parse('{"__proto__":{"admin":true}}')],
    ['a prototype in escapes', JSON.parse('{"\\u005f_proto__":{}}')],
  ])('refuses %s', (_what, body) => {
    expect(() => assertReasonableShape(body)).toThrow(InvalidRequestError);
  });
});
