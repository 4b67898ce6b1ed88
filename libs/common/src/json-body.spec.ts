import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from './gateway-error.js';
import { maxJsonDepth, nestsDeeperThan, parseJsonBody } from './json-body.js';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe('parseJsonBody', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('measures depth as a walk over the value would', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const json = Buffer.from(JSON.stringify([value]));
        expect(nestsDeeperThan(json, 1 + depthOf(value))).toBe(false);
        expect(nestsDeeperThan(json, depthOf(value))).toBe(true);
      }),
    );
  });

  it('is not misled by brackets and quotes in strings', () => {
    expect(nestsDeeperThan(Buffer.from(JSON.stringify(['[[[\\"[[[', '\\', '"[['])), 1)).toBe(false);
    expect(nestsDeeperThan(Buffer.from('["[[['), 1)).toBe(false);
  });

  it.each([
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['broken JSON', Buffer.from('{"a":')],
    ['no body', Buffer.alloc(0)],
    ['50,000 levels', Buffer.from('['.repeat(50_000) + ']'.repeat(50_000))],
    ['one level too many', Buffer.from('['.repeat(maxJsonDepth + 1) + ']'.repeat(maxJsonDepth + 1))],
  ])('refuses %s', (_name, body) => {
    expect(() => parseJsonBody(body)).toThrow(InvalidRequestError);
  });

  it('does not quote the body in its message', () => {
    expect(() => parseJsonBody(Buffer.from('secret words'))).not.toThrow(/secret/);
  });
});
