import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GatewayError } from '#common';
import { AnswerInterruptedError } from '../llm-proxy.errors.js';
import { AnswerRecording } from './answer-recording.js';
import type { AnswerPiece, KeptAnswerStore } from './kept-answer.store.js';
import { RecordingSink } from './recording-sink.js';

/** What Redis was told. */
class MemoryStore {
  readonly pieces: AnswerPiece[] = [];
  isOurs = true;
  record(_name: unknown, _owner: string, piece: AnswerPiece): Promise<boolean> {
    this.pieces.push(piece);
    return Promise.resolve(this.isOurs);
  }
  get text(): string {
    return this.pieces.map(({ bytes }) => bytes.toString()).join('');
  }
}

const recordings: AnswerRecording[] = [];
afterEach(() => Promise.all(recordings.splice(0).map((recording) => recording.end('lost'))));

function setUp(maxBytes = 100) {
  const store = new MemoryStore();
  const recording = new AnswerRecording({
    store: store as unknown as KeptAnswerStore,
    name: { area: 'idempotency', workspaceId: 'w', keyHash: 'h' },
    owner: 'o',
    maxBytes,
    keepMs: 1_000,
  });
  recordings.push(recording);
  const client = {
    start: vi.fn<(status: number, headers: object) => void>(),
    write: vi.fn<(bytes: Buffer) => Promise<void> | undefined>(),
    end: vi.fn<() => void>(),
  };
  const sink = new RecordingSink(client, recording, () => ({ all: 'of them' }));
  return { store, recording, client, sink };
}

const gone = () => {
  throw new Error('gone');
};

describe('RecordingSink', () => {
  it('gives the client and the record the same', async () => {
    const { store, recording, client, sink } = setUp();
    sink.start(200, { 'content-type': 'x' });
    await sink.write(Buffer.from('one '));
    await sink.write(Buffer.from('two'));
    sink.end();
    await recording.end('whole');
    expect(client.start).toHaveBeenCalledWith(200, { 'content-type': 'x' });
    expect(client.write.mock.calls.map(([bytes]) => bytes.toString())).toEqual(['one ', 'two']);
    expect(client.end).toHaveBeenCalledOnce();
    expect(sink.hasEnded).toBe(true);
    expect(store.text).toBe('one two');
    expect(store.pieces.at(-1)).toMatchObject({ state: 'whole', headers: { all: 'of them' } });
  });

  it('goes on without a client that has left, and asks it no more', async () => {
    const { store, recording, client, sink } = setUp();
    client.write.mockImplementation(gone);
    sink.start(200, {});
    await sink.write(Buffer.from('one '));
    await sink.write(Buffer.from('two'));
    sink.end();
    await recording.end('whole');
    expect(client.write).toHaveBeenCalledOnce();
    expect(client.end).not.toHaveBeenCalled();
    expect(store.text).toBe('one two');
  });

  it('tells of a failure in its client’s words, and in chat’s to whoever reads the record', async () => {
    const { store, recording, client } = setUp(1_000);
    const fail = vi.fn<(error: GatewayError) => undefined>();
    const sink = new RecordingSink({ ...client, fail }, recording, (begun) => begun);
    const error = new AnswerInterruptedError();
    sink.start(200, { 'content-type': 'x' });
    await sink.fail?.(error);
    sink.end();
    await recording.end('failed');
    expect(fail).toHaveBeenCalledWith(error);
    expect(client.write).not.toHaveBeenCalled();
    expect(store.text).toBe(`data: ${JSON.stringify(error.toBody())}\n\n`);
    expect(store.pieces.at(-1)).toMatchObject({ state: 'failed', headers: { 'content-type': 'x' } });
    expect(new RecordingSink(client, recording, (begun) => begun).fail).toBeUndefined();
  });

  it('gives up when nobody can read it any more: the client has left, and it is too long', async () => {
    const { client, sink } = setUp(5);
    sink.start(200, {});
    await sink.write(Buffer.from('123456'));
    client.write.mockImplementation(gone);
    await expect(sink.write(Buffer.from('7'))).rejects.toThrow('Nobody');
  });

  it('gives a client that stays all of an answer that is too long', async () => {
    const { store, recording, client, sink } = setUp(5);
    sink.start(200, {});
    await sink.write(Buffer.from('123456'));
    await sink.write(Buffer.from('7'));
    sink.end();
    await recording.end('whole');
    expect(client.write).toHaveBeenCalledTimes(2);
    expect(client.end).toHaveBeenCalledOnce();
    expect(store.pieces.map(({ state }) => state)).toEqual(['lost']);
  });
});

describe('AnswerRecording', () => {
  it('writes again what Redis did not take, at the same place', async () => {
    const { store, recording, sink } = setUp();
    const record = vi.spyOn(store, 'record').mockRejectedValueOnce(new Error('slow'));
    sink.start(200, {});
    await sink.write(Buffer.from('one'));
    await recording.end('whole');
    expect(record).toHaveBeenCalledTimes(2);
    expect(record.mock.calls.map(([, , { offset, bytes }]) => [offset, bytes.toString()])).toEqual([
      [0, 'one'],
      [0, 'one'],
    ]);
  });

  it('says that it could not be kept when Redis stays away', async () => {
    const { store, recording } = setUp();
    const record = vi.spyOn(store, 'record').mockRejectedValue(new Error('away'));
    await expect(recording.end('whole')).rejects.toThrow('away');
    expect(record).toHaveBeenCalledTimes(5);
    record.mockRestore();
  });

  it('stops when its claim is another’s', async () => {
    const { store, recording, sink } = setUp();
    store.isOurs = false;
    await sink.write(Buffer.from('one'));
    await recording.end('whole');
    expect(recording.isGivenUp).toBe(true);
    await recording.end('whole');
    expect(store.pieces).toHaveLength(1);
  });
});
