import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  MessageReader,
  ProtocolViolation,
  type WireMessage,
  bodyOf,
  cstring,
  frame,
  readCString,
} from './message.js';

const body = fc.uint8Array({ maxLength: 300 });
const message = fc
  .tuple(fc.constantFrom('Q', 'P', 'B', 'S', 'd'), body)
  .map(([type, bytes]) => frame(type, bytes));

function readAll(reader: MessageReader): WireMessage[] {
  const found: WireMessage[] = [];
  for (let next = reader.next(); next; next = reader.next()) found.push(next);
  return found;
}

describe('MessageReader', () => {
  it('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat(2_000)), (messages, cuts) => {
        const stream = Buffer.concat(messages);
        const reader = new MessageReader();
        const found: WireMessage[] = [];
        const edges = [
          0,
          ...cuts.filter((cut) => cut < stream.length).toSorted((a, b) => a - b),
          stream.length,
        ];
        for (const [index, edge] of edges.slice(1).entries()) {
          reader.push(stream.subarray(edges[index], edge));
          found.push(...readAll(reader));
        }
        expect(found.map(({ bytes }) => bytes.toString('hex'))).toEqual(
          messages.map((bytes) => bytes.toString('hex')),
        );
      }),
    );
  });

  it('gives back what frame() put in', () => {
    fc.assert(
      fc.property(body, (bytes) => {
        const reader = new MessageReader();
        reader.push(frame('Q', bytes));
        const [only] = readAll(reader);
        expect(only && new Uint8Array(bodyOf(only))).toEqual(bytes);
      }),
    );
  });

  it('refuses a length that no message can have', () => {
    for (const length of [-1, 3, 0x7fffffff]) {
      const reader = new MessageReader();
      const bytes = frame('Q');
      bytes.writeInt32BE(length, 1);
      reader.push(bytes);
      expect(() => reader.next()).toThrow(ProtocolViolation);
    }
  });
});

describe('readCString', () => {
  it('reads what cstring wrote, and where it ended', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
        (text) => {
          const bytes = cstring(text);
          expect(readCString(bytes, 0)).toEqual({ text, next: bytes.length });
        },
      ),
    );
  });

  it('refuses a string without an end', () => {
    expect(() => readCString(Buffer.from('open'), 0)).toThrow(ProtocolViolation);
  });
});
