import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#common';
import { UpstreamError } from '#openrouter';
import { chunkSaying, splitAnswers, sseBytes } from '#testing';
import type { AnswerSink } from './answer-sink.js';
import type { AnswerTranslation } from './answer-translation.js';
import { MessageAnswer } from './messages/message-answer.js';
import { ResponseAnswer } from './responses/response-answer.js';
import { TranslatedSink } from './translated-sink.js';

class MemorySink implements AnswerSink {
  starts: [number, Readonly<Record<string, string>>][] = [];
  writes: string[] = [];
  ended = 0;
  start(status: number, headers: Readonly<Record<string, string>>): void {
    this.starts.push([status, headers]);
  }
  write(bytes: Buffer): Promise<void> | undefined {
    this.writes.push(bytes.toString());
    return undefined;
  }
  end(): void {
    this.ended += 1;
  }
}

const newIds = () => {
  let made = 0;
  return (prefix: string) => `${prefix}${++made}`;
};
const doors: [string, () => AnswerTranslation][] = [
  ['responses', () => new ResponseAnswer({ request: { asked: {}, wantsReasoning: true }, makeId: newIds() })],
  ['messages', () => new MessageAnswer({ request: { stopSequences: [] }, requestId: 'r', makeId: newIds() })],
];

const sse = { 'content-type': 'text/event-stream; charset=utf-8' };

function through(translation: AnswerTranslation, writes: Buffer[], headers: Record<string, string> = sse) {
  const inner = new MemorySink();
  const sink = new TranslatedSink(inner, translation);
  sink.start(200, headers);
  for (const bytes of writes) void sink.write(bytes);
  return { inner, sink, text: inner.writes.join('') };
}

/** Without the times, which two runs need not share. */
const timeless = (text: string) => text.replaceAll(/"(created|completed)_at":\d+/g, '"$1_at":0');

describe.each(doors)('TranslatedSink at the door of %s', (_door, newTranslation) => {
  it('makes the same events of a stream wherever it is cut', () => {
    fc.assert(
      fc.property(splitAnswers, fc.array(fc.nat(5_000)), ({ deltas }, cuts) => {
        const chunks = [...deltas.map((delta) => chunkSaying(delta)), chunkSaying({}, 'stop')];
        const bytes = sseBytes([
          ...chunks,
          { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } },
        ]);
        const ends = [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
        const pieces = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
        const whole = through(newTranslation(), [bytes]).text;
        expect(timeless(through(newTranslation(), pieces).text)).toBe(timeless(whole));
        const names = [...whole.matchAll(/^event: (.+)$/gm)].map(([, name]) => name);
        const types = [...whole.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? '').type);
        expect(names).toEqual(types);
      }),
      { numRuns: 50 },
    );
  });

  it('translates a JSON answer and says how long it is', () => {
    const completion = { model: 'a/b', choices: [{ message: { content: 'café' }, finish_reason: 'stop' }] };
    const body = Buffer.from(JSON.stringify(completion));
    const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
    const { inner, text } = through(newTranslation(), [body], headers);
    expect(inner.starts).toEqual([
      [200, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }],
    ]);
    expect(text).toContain('café');
  });

  it('ends with one error, whether the upstream says it or we do', () => {
    const chunk = chunkSaying({ content: 'x' });
    const fault = {
      error: { code: 429, message: 'slow down', metadata: { error_type: 'rate_limit_exceeded' } },
    };
    const upstream = through(newTranslation(), [sseBytes([chunk, { ...chunk, ...fault }, chunk])]);
    void upstream.sink.fail(new UpstreamError('cut_short'));
    upstream.sink.end();
    const errors = (text: string) => [...text.matchAll(/^event: error$/gm)].length;
    const said = upstream.inner.writes.join('');
    expect([errors(said), upstream.inner.ended]).toEqual([1, 1]);
    expect(said.match(/^event: .+$/gm)?.at(-1)).toMatch(/error|response\.failed/);
    expect(said).toContain(new UpstreamError('rate_limited').message);
    expect(said).not.toContain('slow down');

    const ours = through(newTranslation(), [Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)]);
    void ours.sink.fail(new UpstreamError('cut_short'));
    expect(ours.inner.writes.at(-1)).toContain(new UpstreamError('cut_short').message);
  });

  it('never throws, whatever JSON an upstream sends', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        const bodies = values.map((value): JsonObject => ({
          choices: [{ delta: value, message: value }],
          usage: value,
        }));
        const text = through(newTranslation(), [sseBytes(bodies)]).text;
        expect(text.endsWith('\n\n')).toBe(true);
        for (const body of bodies) newTranslation().whole(body);
      }),
    );
  });
});
