import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type PgliteEngine, openPglite } from '../pglite-engine.js';
import { MessageReader, type WireMessage, cstring, frame } from './message.js';
import { type Multiplexer, startMultiplexer } from './multiplexer.js';

let engine: PgliteEngine;
let multiplexer: Multiplexer;
const broken: unknown[] = [];

beforeAll(async () => {
  engine = await openPglite(undefined);
  const { parameters } = engine;
  multiplexer = await startMultiplexer({ engine, parameters, onBroken: (error) => broken.push(error) });
}, 60_000);

afterAll(async () => {
  await multiplexer.close();
  await engine.close();
});

/** A client that says exactly what it is told to, one message at a time. */
class RawClient {
  private readonly reader = new MessageReader();
  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => this.reader.push(chunk));
    socket.on('error', () => {});
  }

  static async open(...packet: Buffer[]): Promise<RawClient> {
    const client = new RawClient(connect(multiplexer.port, '127.0.0.1'));
    client.send(startup(...packet));
    return client;
  }

  static async ready(): Promise<RawClient> {
    const client = await RawClient.open(
      int32(3 << 16),
      cstring('user'),
      cstring('postgres'),
      Buffer.from([0]),
    );
    await client.until('Z');
    return client;
  }

  send(...messages: Buffer[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  /** The types of all messages up to the first of this type. */
  async until(type: string): Promise<string> {
    for (let types = ''; ;) {
      types += (await this.next()).type;
      if (types.endsWith(type)) return types;
    }
  }

  async next(): Promise<WireMessage> {
    for (let message = this.reader.next(); ; message = this.reader.next()) {
      if (message) return message;
      await once(this.socket, 'data');
    }
  }
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const startup = (...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length + 4), body]);
};
const query = (sql: string): Buffer => frame('Q', cstring(sql));
const parse = (sql: string, name = ''): Buffer => frame('P', cstring(name), cstring(sql), Buffer.alloc(2));
const bind = (name = ''): Buffer => frame('B', cstring(''), cstring(name), Buffer.alloc(6));
const execute = frame('E', cstring(''), int32(0));
const sync = frame('S');
const flush = frame('H');

describe('multiplexer, message by message', () => {
  it('keeps an unnamed statement across units, whatever others parse meanwhile', async () => {
    const [a, b] = [await RawClient.ready(), await RawClient.ready()];
    a.send(parse(`select 'of a'`), sync);
    expect(await a.until('Z')).toBe('1Z');
    b.send(parse(`select 'of b'`), bind(), execute, sync);
    expect(await b.until('Z')).toBe('12DCZ');
    a.send(bind(), execute, sync);
    expect((await a.next()).type).toBe('2');
    expect((await a.next()).bytes.toString()).toContain('of a');
    expect(await a.until('Z')).toBe('CZ');
  });

  it('answers a Flush at once and lets nobody between it and its Sync', async () => {
    const [a, b] = [await RawClient.ready(), await RawClient.ready()];
    a.send(parse(`select 'of a'`), flush);
    expect((await a.next()).type).toBe('1');
    b.send(parse(`select 'of b'`), sync);
    a.send(bind(), execute, sync);
    expect(await a.until('Z')).toBe('2DCZ');
    expect(await b.until('Z')).toBe('1Z');
  });

  it('takes the rows of a COPY, and refuses them as PostgreSQL does', async () => {
    const client = await RawClient.ready();
    client.send(query('create table copied(a int, b text)'));
    await client.until('Z');
    client.send(query('copy copied from stdin'));
    expect((await client.next()).type).toBe('G');
    client.send(frame('d', Buffer.from('1\tone\n2\t')), frame('d', Buffer.from('two\n')), frame('c'));
    expect(await client.until('Z')).toBe('CZ');
    client.send(query('copy copied from stdin'), frame('d', Buffer.from('x\n')), frame('c'));
    expect(await client.until('Z')).toBe('GEZ');
    client.send(query('copy no_such_table from stdin'), frame('f', cstring('gave up')));
    expect(await client.until('Z')).toBe('GEZ');
    client.send(query('copy copied to stdout'));
    expect(await client.until('Z')).toBe('HddcCZ');
  });

  it('answers several pipelined units in order', async () => {
    const client = await RawClient.ready();
    const unit = [parse('select 1'), bind(), execute, sync];
    client.send(...unit, query('select 2'), parse('select broken'), bind(), execute, sync, ...unit);
    expect(await client.until('Z')).toBe('12DCZ');
    expect(await client.until('Z')).toBe('TDCZ');
    expect(await client.until('Z')).toBe('EZ');
    expect(await client.until('Z')).toBe('12DCZ');
  });

  it('declines encryption and goes on in the clear', async () => {
    const client = await RawClient.open(int32(80877103));
    const [answer] = await once(client.socket, 'data');
    expect(String(answer)).toBe('N');
    client.socket.destroy();
  });

  it.each([
    ['a cancel request', startup(int32(80877102), int32(1), int32(1))],
    ['an ancient protocol', startup(int32(2 << 16))],
    ['a negative length', Buffer.from([255, 255, 255, 255, 0, 0, 0, 0])],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('closes on %s', async (_name, bytes) => {
    const socket = connect(multiplexer.port, '127.0.0.1').resume();
    socket.end(bytes);
    await once(socket, 'close');
    expect(broken).toEqual([]);
  });

  it('still does what was asked before the client left', async () => {
    const [leaver, witness] = [await RawClient.ready(), await RawClient.ready()];
    leaver.send(query('create table last_wish(n int)'), frame('X'));
    await once(leaver.socket, 'close');
    witness.send(query('select * from last_wish'));
    expect(await witness.until('Z')).toBe('TCZ');
  });
});
