import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import { describe, expect, it, vi } from 'vitest';
import { ExpressSink } from './express-sink.js';

function sink() {
  const client = Object.assign(new EventEmitter(), {
    status: vi.fn<(code: number) => void>(),
    setHeader: vi.fn<(name: string, value: string) => void>(),
    flushHeaders: vi.fn<() => void>(),
    write: vi.fn<(bytes: Buffer) => boolean>(),
    end: vi.fn<() => void>(),
  });
  const leaving = new AbortController();
  return {
    client,
    leave: () => leaving.abort(new Error('The client left')),
    sink: new ExpressSink(client as unknown as Response, leaving.signal),
  };
}

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
