import { describe, expect, it } from 'vitest';
import type { CompletionOutcome } from '../completion-outcome.js';
import { CollectingSink } from './collecting-sink.js';
import { answerAgain, cacheable } from './response-cache.js';

const outcome: CompletionOutcome = {
  status: 'completed',
  statusCode: 200,
  model: 'm',
  generationId: 'gen-1',
  usage: { promptTokens: 10, completionTokens: 5, source: 'provider' },
  cost: '0.000001',
  text: 'hi',
  finishReason: 'stop',
  firstChunkMs: 1,
  latencyMs: 2,
  error: undefined,
};

class MemorySink {
  status = 0;
  headers: Readonly<Record<string, string>> = {};
  text = '';
  hasEnded = false;
  start(status: number, headers: Readonly<Record<string, string>>): void {
    this.status = status;
    this.headers = headers;
  }
  write(bytes: Buffer): undefined {
    this.text += bytes.toString();
  }
  end(): void {
    this.hasEnded = true;
  }
}

describe('cacheable', () => {
  it.each(['stop', 'length', 'tool_calls'])('is an answer that ends with %s', (finishReason) => {
    expect(cacheable({ ...outcome, finishReason })).toEqual({ model: 'm', text: 'hi', finishReason });
  });

  it.each<[string, Partial<CompletionOutcome>]>([
    ['filtered', { finishReason: 'content_filter' }],
    ['broken', { finishReason: 'error' }],
    ['ended for no reason', { finishReason: undefined }],
    ['cut', { status: 'cut' }],
    ['failed', { status: 'failed' }],
    ['left by its client', { status: 'cancelled' }],
  ])('is not one that was %s', (_, change) => {
    expect(cacheable({ ...outcome, ...change })).toBeUndefined();
  });
});

describe('answerAgain', () => {
  const cached = {
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
    model: 'm',
    text: 'hi',
    finishReason: 'stop',
    storedAt: 0,
  };

  it('gives the same, for nothing', async () => {
    const sink = new MemorySink();
    const ended = await answerAgain(cached, sink);
    expect(sink).toMatchObject({ status: 200, headers: cached.headers, text: '{}', hasEnded: true });
    expect(ended).toMatchObject({
      status: 'completed',
      usage: { promptTokens: 0, completionTokens: 0, source: 'none' },
      cost: '0',
      text: 'hi',
    });
  });

  it('names a client that is gone as such', async () => {
    const sink = new MemorySink();
    sink.write = () => {
      throw new Error('closed');
    };
    await expect(answerAgain(cached, sink)).rejects.toMatchObject({ code: 'client_closed_request' });
  });
});

describe('CollectingSink', () => {
  it('has the same as the sink behind it', async () => {
    const inner = new MemorySink();
    const sink = new CollectingSink(inner, 10);
    expect(sink.collected).toBeUndefined();
    sink.start(200, { a: 'b' });
    await sink.write(Buffer.from('12345'));
    await sink.write(Buffer.from('67890'));
    sink.end();
    expect(inner).toMatchObject({ headers: { a: 'b' }, text: '1234567890', hasEnded: true });
    expect(sink.collected).toEqual({ headers: { a: 'b' }, body: Buffer.from('1234567890') });
    expect(sink.fail).toBeUndefined();
  });

  it('has nothing of what is too long, but hands it on', async () => {
    const inner = new MemorySink();
    const sink = new CollectingSink(inner, 10);
    sink.start(200, {});
    await sink.write(Buffer.from('1234567890'));
    await sink.write(Buffer.from('1'));
    await sink.write(Buffer.from('2'));
    expect(inner.text).toBe('123456789012');
    expect(sink.collected).toBeUndefined();
  });
});
