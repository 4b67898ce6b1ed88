import fc from 'fast-check';
import { byteDamage, type Damage, insertionOf } from './byte-damage.js';
import { hostileJson } from './hostile-json.js';
import type { RawAnswer } from './raw-upstream.js';

const html = '<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>';
const event = (data: string) => `data: ${data}\n\n`;
const usage = (value: string) => event(`{"id":"gen-1","choices":[],"usage":${value}}`);
const delta = (value: string) => event(`{"id":"gen-1","choices":[{"index":0,"delta":${value}}]}`);

/** What has been seen in streams of real providers, and what may be. */
const wild: readonly string[] = [
  ': OPENROUTER PROCESSING\n\n',
  ':\n',
  '\n',
  '\r\n',
  '\r',
  '\n\n\n\n',
  'data:\n\n',
  'data\n\n',
  'data: \n\n',
  '\ufeff',
  'event: ping\n',
  'id: 7\n',
  'retry: 1\n',
  'data: {"a":\ndata: 1}\n\n',
  event('[DONE]'),
  'data:[DONE]\n\n',
  event('[done]'),
  event('null'),
  event('7'),
  event('[]'),
  event('{}'),
  event('{'),
  event('"text"'),
  event('NaN'),
  event(html),
  html,
  usage('null'),
  usage('{}'),
  usage('[]'),
  usage('7'),
  usage('{"prompt_tokens":-1,"completion_tokens":-1}'),
  usage('{"prompt_tokens":1e308,"completion_tokens":1e308}'),
  usage('{"prompt_tokens":"7","total_tokens":null}'),
  usage('{"prompt_tokens":3,"completion_tokens":4,"cost":1e300}'),
  usage('{"prompt_tokens":3,"cost":-1}'),
  usage('{"prompt_tokens":9007199254740991,"completion_tokens":9007199254740991,"cost":0.1}'),
  usage('{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":9e15}}'),
  event('{"error":"plain"}'),
  event('{"error":{"code":"x","message":{}}}'),
  event('{"error":{"code":1e99}}'),
  event('{"error":{"code":429,"metadata":{"retry_after":1e308}}}'),
  event('{"error":{"message":"\\ud800\\u0000"}}'),
  event('{"choices":null}'),
  event('{"choices":{}}'),
  event('{"choices":[null,1,"x",[],{}]}'),
  event('{"choices":[{"error":{}}]}'),
  event('{"id":{},"model":[],"choices":[{"finish_reason":{}}]}'),
  event('{"model":"\\u0000\\ud800","choices":[]}'),
  event(
    `{"id":"${'i'.repeat(9_000)}","model":"${'m'.repeat(9_000)}","choices":[{"finish_reason":"${'f'.repeat(9_000)}"}]}`,
  ),
  delta('{"content":"\\ud800"}'),
  delta('{"content":"\\u0000"}'),
  delta('{"content":7}'),
  delta('{"content":[{}]}'),
  delta('null'),
  delta('{"__proto__":{"content":"x"}}'),
  delta('{"constructor":"x","toString":"y"}'),
  delta('{"tool_calls":{}}'),
  delta('{"tool_calls":[null,7,{"index":-1},{"index":1e9,"function":null}]}'),
  delta('{"tool_calls":[{"index":"0","function":7}]}'),
  delta('{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}'),
  delta('{"refusal":"no"}'),
  delta('{"reasoning":"r","reasoning_details":[null,7,{"type":7},{"type":"reasoning.text","text":{}}]}'),
  delta(`{"content":${'['.repeat(9_000)}${']'.repeat(9_000)}}`),
  delta(`{"content":"${'漢'.repeat(20_000)}"}`),
  delta('{"annotations":[7,{"type":"url_citation","url_citation":7}]}'),
  delta('{"audio":{},"images":[7]}'),
  `data: ${'a'.repeat(1_500_000)}`,
  `${': long comment '.repeat(90_000)}\n\n`,
];

const fragment: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...wild).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: hostileJson.map((text) => Buffer.from(event(text))) },
  { weight: 1, arbitrary: hostileJson.map((text) => Buffer.from(delta(text))) },
  { weight: 1, arbitrary: hostileJson.map((text) => Buffer.from(usage(text))) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('ff', 'c328', 'f0288cbc', 'eda080', '00')
      .map((hex) => Buffer.from(hex, 'hex')),
  },
);

const eventsOf = (stream: Buffer): string[] => stream.toString('latin1').split(/(?<=\n\n)/);

/** The fragment between two events, where a stream's reader meets it whole. */
const between: fc.Arbitrary<Damage> = fc
  .tuple(fc.nat({ max: 30 }), fragment)
  .map(([n, bytes]) => (stream) => {
    const events = eventsOf(stream);
    events.splice(n % (events.length + 1), 0, bytes.toString('latin1'));
    return Buffer.from(events.join(''), 'latin1');
  });

const wholesale: fc.Arbitrary<Damage> = fc.oneof(
  fc.constantFrom('\r\n', '\r').map(
    (end): Damage =>
      (bytes) =>
        Buffer.from(bytes.toString('latin1').replaceAll('\n', end), 'latin1'),
  ),
  fc.constant<Damage>((bytes) => Buffer.from(eventsOf(bytes).toReversed().join(''), 'latin1')),
  fc.constant<Damage>((bytes) => Buffer.concat([bytes, bytes])),
  fc.constantFrom(html, '', ' ', '{}', 'null', '[]', '{"error":{"code":500}}', '{"choices":[]}').map(
    (text): Damage =>
      () =>
        Buffer.from(text),
  ),
  fragment.map(
    (bytes): Damage =>
      () =>
        bytes,
  ),
);

const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 3, arbitrary: byteDamage },
  { weight: 4, arbitrary: between },
  { weight: 2, arbitrary: insertionOf(fragment) },
  { weight: 1, arbitrary: wholesale },
);

/** Cut anywhere: in a character, in a line end, in a number. */
function split(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const cuts = [
    0,
    ...shares.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end));
}

const statusLine = fc.oneof(
  { weight: 30, arbitrary: fc.constant('200 OK') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '204 No Content',
      '206 Partial',
      '301 Moved',
      '400 Bad',
      '404 No',
      '429 Slow',
      '500 Oops',
      '599 What',
      '999 Odd',
    ),
  },
);
const contentTypeLike = (type: string) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(type) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('text/html', '', 'application/json; charset=utf-16', 'x'.repeat(2_000)),
    },
  );
const otherHeader = fc.oneof(
  { weight: 20, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'content-length: 10\r\n',
      'content-length: 999999\r\n',
      'content-length: x\r\n',
      'content-encoding: gzip\r\n',
      'retry-after: 1e9\r\n',
      'retry-after: Wed, 99 Foo\r\n',
      'x-generation-id: \u00ff\u0001\r\n',
      'transfer-encoding: chunked\r\n',
      `x-long: ${'y'.repeat(20_000)}\r\n`,
      'no colon here\r\n',
      'set-cookie: a=b\r\nset-cookie: c=d\r\n',
    ),
  },
);

/** A body as the simulator writes it, and what it calls itself. */
export interface RealAnswer {
  type: 'text/event-stream' | 'application/json';
  body: Buffer;
}

/** One answer: a real one, or what is left of it after some damage. */
export const mangledAnswer = (real: RealAnswer): fc.Arbitrary<RawAnswer> =>
  fc
    .record({
      damages: fc.array(damage, { maxLength: 3 }),
      shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
      status: statusLine,
      type: contentTypeLike(real.type),
      other: otherHeader,
      ending: fc.oneof(
        { weight: 30, arbitrary: fc.constant('close' as const) },
        { weight: 2, arbitrary: fc.constant('reset' as const) },
        { weight: 2, arbitrary: fc.constant('stall' as const) },
      ),
    })
    .map(({ damages, shares, status, type, other, ending }) => ({
      head: `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\nconnection: close\r\n${other}\r\n`,
      pieces: split(
        damages.reduce((bytes, harm) => harm(bytes), real.body),
        shares,
      ),
      ending,
    }));
