import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId, sha256 } from '#common';
import {
  AnswerEraser,
  type AnswerName,
  AnswerRecording,
  type AnswerSink,
  followAnswer,
  KeptAnswerStore,
  leaseMs,
  ResponseCache,
} from '#llm-proxy';
import { connectStores, type StoreClients, until } from './store-clients.js';

const stream = { 'content-type': 'text/event-stream; charset=utf-8', 'x-context-receipt': 'r' };
const json = { 'content-type': 'application/json', 'content-length': '4' };
const listening = () => new AbortController().signal;

class MemorySink implements AnswerSink {
  headers: Readonly<Record<string, string>> | undefined;
  bytes = Buffer.alloc(0);
  hasEnded = false;
  start(_status: number, headers: Readonly<Record<string, string>>): void {
    this.headers = headers;
  }
  write(bytes: Buffer): undefined {
    this.bytes = Buffer.concat([this.bytes, bytes]);
  }
  end(): void {
    this.hasEnded = true;
  }
}

let clients: [StoreClients, StoreClients];
let stores: [KeptAnswerStore, KeptAnswerStore];
let name: AnswerName;
const recordings: AnswerRecording[] = [];

beforeAll(async () => {
  clients = await Promise.all([connectStores(), connectStores()]);
  stores = [new KeptAnswerStore(clients[0].redis, 5_000), new KeptAnswerStore(clients[1].redis, 5_000)];
});
beforeEach(() => {
  name = { area: 'idempotency', workspaceId: newId(), keyHash: sha256(newId()) };
});
afterEach(() => Promise.all(recordings.splice(0).map((recording) => recording.end('lost'))));
afterAll(() => Promise.all(clients.map((each) => each.close())));

const claim = (fingerprint = 'f', lease = leaseMs, at: 0 | 1 = 0) =>
  stores[at].claim(name, newId(), fingerprint, lease);
async function claimed(lease?: number): Promise<string> {
  const won = await claim('f', lease);
  if (won.kind !== 'claimed') throw new Error(`The key is not free: ${won.kind}`);
  return won.owner;
}
function record(owner: string, maxBytes = 1_000_000): AnswerRecording {
  const recording = new AnswerRecording({ store: stores[0], name, owner, maxBytes, keepMs: 86_400_000 });
  recordings.push(recording);
  return recording;
}
const follow = (owner: string, sink: AnswerSink) =>
  followAnswer(stores[1], { name, owner }, sink, listening());
const keys = () => clients[0].redis.keys(`*${name.workspaceId}*`);

describe('the claim of a key', () => {
  it('is won by one of a hundred at once, from two processes', async () => {
    const claims = await Promise.all(
      Array.from({ length: 100 }, (_, i) => claim('f', leaseMs, i % 2 === 0 ? 0 : 1)),
    );
    const [winner, ...others] = claims.filter(({ kind }) => kind === 'claimed');
    expect(others).toEqual([]);
    const owners = claims.map((each) => (each.kind === 'reused' ? 'nobody' : each.owner));
    expect(new Set(owners)).toEqual(new Set([winner?.kind === 'claimed' && winner.owner]));
  });

  it('is refused to another request', async () => {
    await claimed();
    expect(await claim('another')).toEqual({ kind: 'reused' });
  });

  it('lapses when its owner says nothing, and the owner cannot write any more', async () => {
    const late = await claimed(50);
    await until(async () => (await claim()).kind === 'claimed');
    const recording = record(late);
    recording.begin(json);
    recording.append(Buffer.from('late'));
    await recording.end('whole');
    expect(recording.isGivenUp).toBe(true);
    expect((await stores[0].read(name, 0))?.bytes.toString()).toBe('');
  });

  it('is held by a recording for as long as the call takes', async () => {
    const owner = await claimed(2_000);
    const recording = record(owner);
    recording.begin(stream);
    const left = () => clients[0].redis.pttl(`idempotency:${name.workspaceId}:${name.keyHash}`);
    await until(async () => (await left()) > 2_000);
    expect((await claim()).kind).toBe('known');
  });
});

describe('a recorded answer', () => {
  it('reaches a follower byte for byte, wherever it was split', async () => {
    const text = 'data: {"content":"Grüße 🐦 über den Fluss"}\n\n';
    const owner = await claimed();
    const recording = record(owner);
    const sink = new MemorySink();
    const followed = follow(owner, sink);
    recording.begin(stream);
    for (const byte of Buffer.from(text)) {
      recording.append(Buffer.from([byte]));
      if (byte % 7 === 0) {
        const { length } = sink.bytes;
        await until(() => sink.bytes.length > length);
      }
    }
    await recording.end('whole');
    expect(await followed).toBe('whole');
    expect(sink.bytes.toString()).toBe(text);
    expect(sink.hasEnded).toBe(true);
    expect(sink.headers).toEqual(stream);
  });

  it('that is no stream is given when it is whole, not before', async () => {
    const owner = await claimed();
    const recording = record(owner);
    const sink = new MemorySink();
    const followed = follow(owner, sink);
    recording.begin(json);
    recording.append(Buffer.from('{"a"'));
    await until(async () => (await stores[0].read(name, 0))?.bytes.length === 4);
    await recording.end('lost');
    expect(await followed).toBe('nothing');
    expect(sink.headers).toBeUndefined();
    expect(await keys()).toEqual([]);
  });

  it('is kept for a day, under names that tell nothing of the key', async () => {
    const recording = record(await claimed());
    recording.begin(json);
    recording.append(Buffer.from('body'));
    await recording.end('whole');
    const prefix = `idempotency:${name.workspaceId}:${name.keyHash}`;
    expect((await keys()).toSorted()).toEqual([prefix, `${prefix}:body`]);
    for (const key of await keys()) {
      const left = await clients[0].redis.ttl(key);
      expect(left).toBeGreaterThan(86_390);
      expect(left).toBeLessThanOrEqual(86_400);
    }
  });

  it('is the same when a write is carried out twice', async () => {
    const owner = await claimed();
    const piece = {
      state: 'whole',
      ttlMs: 5_000,
      headers: json,
      offset: 0,
      bytes: Buffer.from('once'),
    } as const;
    expect(await stores[0].record(name, owner, piece)).toBe(true);
    expect(await stores[1].record(name, owner, piece)).toBe(true);
    expect((await stores[0].read(name, 0))?.bytes.toString()).toBe('once');
    expect((await stores[0].read(name, 2))?.bytes.toString()).toBe('ce');
  });

  it('that is too long is not kept, and frees the key; who had begun to read it is told', async () => {
    const owner = await claimed();
    const recording = record(owner, 10);
    const sink = new MemorySink();
    const followed = follow(owner, sink);
    recording.begin(stream);
    recording.append(Buffer.from('12345'));
    await until(() => sink.bytes.length === 5);
    recording.append(Buffer.from('678901'));
    expect(recording.isGivenUp).toBe(true);
    await expect(followed).rejects.toMatchObject({ code: 'answer_interrupted' });
    expect((await claim()).kind).toBe('claimed');
  });

  it('that failed is read to its end by who had begun, and is nobody else’s', async () => {
    const owner = await claimed();
    const recording = record(owner);
    const sink = new MemorySink();
    const followed = follow(owner, sink);
    recording.begin(stream);
    recording.append(Buffer.from('good, '));
    await until(() => sink.bytes.length > 0);
    recording.append(Buffer.from('bad'));
    await recording.end('failed');
    expect(await followed).toBe('failed');
    expect(sink.bytes.toString()).toBe('good, bad');
    expect(await follow(owner, new MemorySink())).toBe('nothing');
    const next = await claim();
    expect(next.kind).toBe('claimed');
    expect((await stores[0].read(name, 0))?.bytes.toString()).toBe('');
  });

  it('is forgotten when its caller leaves, unless another call has joined it', async () => {
    const alone = record(await claimed());
    alone.begin(stream);
    alone.append(Buffer.from('heard by nobody'));
    expect(await alone.isAwaited()).toBe(false);
    expect(alone.isGivenUp).toBe(true);
    expect(await keys()).toEqual([]);

    const shared = record(await claimed());
    expect((await claim('f', leaseMs, 1)).kind).toBe('known');
    expect(await shared.isAwaited()).toBe(true);
    shared.begin(json);
    shared.append(Buffer.from('{}'));
    await shared.end('whole');
    const written = await stores[1].read(name, 0);
    expect([written?.state, written?.bytes.toString()]).toEqual(['whole', '{}']);
  });

  it('is waited for no longer than its reader stays', async () => {
    const owner = await claimed();
    const leaving = new AbortController();
    const followed = followAnswer(stores[1], { name, owner }, new MemorySink(), leaving.signal);
    const reason = new Error('left');
    leaving.abort(reason);
    await expect(followed).rejects.toBe(reason);
  });
});

describe('the response cache', () => {
  const answer = {
    headers: json,
    body: Buffer.from([0, 255, 128, 10]),
    model: 'm',
    text: 'Grüße',
    finishReason: 'stop',
    storedAt: 1_764_000_000_000,
  };

  it('gives back what was put, to its workspace alone, for as long as was said', async () => {
    const cache = new ResponseCache(clients[0].redis, 5_000);
    const hash = sha256('question');
    expect(await cache.get(name.workspaceId, hash)).toBeUndefined();
    await cache.put(name.workspaceId, hash, answer, 100);
    expect(await cache.get(name.workspaceId, hash)).toEqual(answer);
    expect(await cache.get(newId(), hash)).toBeUndefined();
    const [key] = await keys();
    expect(key).toBe(`response_cache:${name.workspaceId}:${hash}`);
    const left = await clients[0].redis.ttl(key ?? '');
    expect(left).toBeGreaterThan(90);
    expect(left).toBeLessThanOrEqual(100);
  });
});

describe('forgetting', () => {
  const eraser = () => new AnswerEraser(clients[1].redis, 5_000);
  const answer = {
    headers: json,
    body: Buffer.from('{}'),
    model: 'm',
    text: '',
    finishReason: 'stop',
    storedAt: 0,
  };

  it('takes all kept answers of a workspace, and nobody else’s', async () => {
    const [cache, neighbour] = [new ResponseCache(clients[0].redis, 5_000), newId()];
    for (const workspaceId of [name.workspaceId, neighbour])
      await cache.put(workspaceId, sha256('q'), answer, 100);
    const recording = record(await claimed());
    recording.begin(json);
    recording.append(Buffer.from('{}'));
    await recording.end('whole');
    expect(await keys()).toHaveLength(3);

    expect(await eraser().forget(name.workspaceId)).toBe(3);
    expect(await keys()).toEqual([]);
    expect(await cache.get(neighbour, sha256('q'))).toEqual(answer);
    expect((await claim()).kind).toBe('claimed');
  });

  it('leaves limits and quotas alone, and what a call in flight writes later does not stay', async () => {
    const { redis } = clients[0];
    await redis.set(`quota:daily:${name.workspaceId}`, '1', 'PX', 60_000);
    const recording = record(await claimed());
    recording.begin(stream);
    recording.append(Buffer.from('quotes what is forgotten now'));
    await until(async () => (await stores[0].read(name, 0))?.bytes.length !== 0);
    await eraser().forget(name.workspaceId);
    recording.append(Buffer.from(', and goes on'));
    await recording.end('whole');
    expect(await keys()).toEqual([`quota:daily:${name.workspaceId}`]);
    await redis.del(`quota:daily:${name.workspaceId}`);
  });
});
