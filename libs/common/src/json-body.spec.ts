import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from './gateway-error.js';
import { deepestNesting, maxJsonDepth, parseJsonBody } from './json-body.js';

const bytes = (text: string) => new TextEncoder().encode(text);

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe('parseJsonBody', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseJsonBody(bytes(text))).toEqual({ text, value: JSON.parse(text) });
      }),
    );
  });

  it('measures depth as a walk over the value would', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        expect(deepestNesting(bytes(JSON.stringify(value)))).toBe(depthOf(value));
      }),
    );
  });

  it.each([
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['broken JSON', bytes('{"a":')],
    ['no body', bytes('')],
    ['50,000 levels', bytes('['.repeat(50_000) + ']'.repeat(50_000))],
    ['one level too many', bytes('['.repeat(maxJsonDepth + 1) + ']'.repeat(maxJsonDepth + 1))],
  ])('refuses %s', (_name, body) => {
    expect(() => parseJsonBody(body)).toThrow(InvalidRequestError);
  });
});
