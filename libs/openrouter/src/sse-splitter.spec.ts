import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from './openrouter.errors.js';
import { type SseEvent, SseSplitter } from './sse-splitter.js';

function split(chunks: Buffer[]): { events: SseEvent[]; rest: SseEvent | undefined } {
  const splitter = new SseSplitter();
  const events = chunks.flatMap((chunk) => splitter.push(chunk));
  return { events, rest: splitter.end() };
}

const splitText = (text: string) => split([Buffer.from(text)]);
const kinds = (text: string) => splitText(text).events.map(({ kind, data }) => [kind, data]);

/** Streams of anything that matters: fields, comments, all line ends, text of several bytes a character. */
const stream = fc
  .array(
    fc.constantFrom(
      'data:',
      'data: {"a":1}',
      'data: [DONE]',
      ': ping',
      'id: 7',
      '\n',
      '\r',
      '\r\n',
      '字😀é',
      '\ufeff',
      ' ',
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.from(parts.join('')));

function cutAt(bytes: Buffer, cuts: number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
}

describe('SseSplitter', () => {
  it('finds the same events however the stream is cut, and gives back every byte', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat()), (bytes, cuts) => {
        const whole = split([bytes]);
        expect(split(cutAt(bytes, cuts))).toEqual(whole);
        expect(split(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(whole);
        const raws = [...whole.events, ...(whole.rest ? [whole.rest] : [])].map(({ raw }) => raw);
        expect(Buffer.concat(raws)).toEqual(bytes);
      }),
    );
  });

  it.each(['\n', '\r\n', '\r'])('reads lines that end in %j', (end) => {
    const text = [': hi', '', 'data: {"a":', 'data: 1}', '', 'event: x', '', 'data:[DONE]', '', ''].join(end);
    expect(kinds(text)).toEqual([
      ['comment', ''],
      ['data', '{"a":\n1}'],
      ['other', ''],
      ['done', '[DONE]'],
    ]);
  });

  it('does not wait for the next byte to end an event of LF or CR lines', () => {
    expect(splitText('data: a\n\n').events).toHaveLength(1);
    expect(splitText('data: a\r\r').events).toHaveLength(1);
    expect(splitText('data: a\r\n\r\n').events).toHaveLength(1);
  });

  it('keeps the line feed with its carriage return across chunks', () => {
    const { events } = split(['data: a\r', '\n\r', '\ndata: b\r\n\r\n'].map((text) => Buffer.from(text)));
    expect(events.map(({ raw }) => raw.toString())).toEqual(['data: a\r\n\r\n', 'data: b\r\n\r\n']);
  });

  it('reads past a byte order mark', () => {
    expect(kinds('\ufeffdata: a\n\n')).toEqual([['data', 'a']]);
  });

  it('gives what was cut off as the rest', () => {
    const { events, rest } = splitText('data: a\n\ndata: {"b"');
    expect(events).toHaveLength(1);
    expect(rest).toMatchObject({ kind: 'data', data: '{"b"' });
  });

  it('refuses an event without end', () => {
    const splitter = new SseSplitter(100);
    expect(() => {
      for (let i = 0; i < 11; i += 1) splitter.push(Buffer.from('0123456789'));
    }).toThrow(UpstreamError);
  });
});
