import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExpressSink } from './express-sink.js';

function sink(everyMs = 0) {
  const client = Object.assign(new EventEmitter(), {
    status: vi.fn<(code: number) => void>(),
    setHeader: vi.fn<(name: string, value: string) => void>(),
    flushHeaders: vi.fn<() => void>(),
    write: vi.fn<(bytes: Buffer) => boolean>(),
    end: vi.fn<() => void>(),
    writableEnded: false,
    writableNeedDrain: false,
  });
  const leaving = new AbortController();
  return {
    client,
    leave: () => leaving.abort(new Error('The client left')),
    sink: new ExpressSink(client as unknown as Response, leaving.signal, { everyMs, bytes: comment }),
  };
}

const comment = Buffer.from(': here\n');
const bytes = Buffer.from('data: x\n\n');

describe('ExpressSink', () => {
  it('sends the head at once, before there is a body', () => {
    const { client, sink: answer } = sink();
    answer.start(200, { 'content-type': 'text/event-stream' });
    expect(client.status).toHaveBeenCalledWith(200);
    expect(client.setHeader).toHaveBeenCalledWith('content-type', 'text/event-stream');
    expect(client.flushHeaders).toHaveBeenCalledOnce();
  });

  it('waits for nobody while the client keeps up', () => {
    const { client, sink: answer } = sink();
    client.write.mockReturnValue(true);
    expect(answer.write(bytes)).toBeUndefined();
    expect(client.write).toHaveBeenCalledWith(bytes);
  });

  it('waits for a slow client until it has drained', async () => {
    const { client, sink: answer } = sink();
    client.write.mockReturnValue(false);
    const drained = answer.write(bytes);
    expect(drained).toBeInstanceOf(Promise);
    client.emit('drain');
    await drained;
    expect(client.listenerCount('drain')).toBe(0);
  });

  it('stops waiting for a client that leaves, and writes nothing to it any more', async () => {
    const { client, leave, sink: answer } = sink();
    client.write.mockReturnValue(false);
    const drained = answer.write(bytes);
    leave();
    await expect(drained).rejects.toThrow('aborted');
    expect(() => answer.write(bytes)).toThrow('The client left');
    expect(client.write).toHaveBeenCalledOnce();
    expect(client.listenerCount('drain')).toBe(0);
  });
});

describe('keep-alive of ExpressSink', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const begun = (everyMs: number, type = 'text/event-stream; charset=utf-8') => {
    const made = sink(everyMs);
    made.client.write.mockReturnValue(true);
    made.sink.start(200, { 'content-type': type });
    return { ...made, written: () => made.client.write.mock.calls.map(([piece]) => piece.toString()) };
  };
  const data = bytes.toString();
  const alive = comment.toString();

  it('breaks each silence of a stream, counted from what was written last', () => {
    const { sink: answer, written } = begun(100);
    void answer.write(bytes);
    vi.advanceTimersByTime(99);
    void answer.write(bytes);
    vi.advanceTimersByTime(99);
    expect(written()).toEqual([data, data]);
    vi.advanceTimersByTime(101);
    expect(written()).toEqual([data, data, alive, alive]);
  });

  it('says nothing before the first event, in JSON answers, or when it is off', () => {
    const waiting = begun(100);
    const json = begun(100, 'application/json');
    const off = begun(0);
    for (const answer of [json, off]) void answer.sink.write(bytes);
    vi.advanceTimersByTime(10_000);
    expect([waiting.written(), json.written(), off.written()]).toEqual([[], [data], [data]]);
  });

  it('adds nothing to what a slow client has yet to read', () => {
    const { client, sink: answer, written } = begun(100);
    void answer.write(bytes);
    client.writableNeedDrain = true;
    vi.advanceTimersByTime(1_000);
    expect(written()).toEqual([data]);
  });

  it('is silent after the end, and lets go of a connection that closed', () => {
    const { client, sink: answer, written } = begun(100);
    void answer.write(bytes);
    client.writableEnded = true;
    vi.advanceTimersByTime(1_000);
    expect(written()).toEqual([data]);
    client.emit('close');
    expect(vi.getTimerCount()).toBe(0);
  });
});
