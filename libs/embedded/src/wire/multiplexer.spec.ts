import { once } from 'node:events';

import { Client, type ClientConfig } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type PgliteEngine, openPglite } from '../pglite-engine.js';
import { type Multiplexer, startMultiplexer } from './multiplexer.js';

const IDLE_MS = 300;
let engine: PgliteEngine;
let multiplexer: Multiplexer;
let clients: Client[] = [];

beforeAll(async () => {
  engine = await openPglite(undefined);
  multiplexer = await startMultiplexer({
    engine,
    parameters: engine.parameters,
    idleInTransactionMs: IDLE_MS,
    onBroken: (error) => expect.unreachable(String(error)),
  });
}, 60_000);

afterAll(async () => {
  await multiplexer.close();
  await engine.close();
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => {})));
  clients = [];
});

async function connect(config: ClientConfig = {}): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port: multiplexer.port, user: 'postgres', ...config });
  client.on('error', () => {});
  clients.push(client);
  await client.connect();
  return client;
}

/** The socket under a client, to cut it. */
function cut(client: Client): void {
  client.connection.stream.destroy();
}

const count = async (client: Client, table: string): Promise<number> => {
  const { rows } = await client.query<{ n: string }>(`select count(*) as n from ${table}`);
  return Number(rows[0]?.n);
};

const small = async (client: Client, base: number): Promise<void> => {
  for (let i = base; i < base + 60; i++) {
    const { rows } = await client.query<{ a: number; b: string }>('select $1::int as a, $2::text as b', [
      i,
      `t${i}`,
    ]);
    expect(rows).toEqual([{ a: i, b: `t${i}` }]);
  }
};

const add = async (client: Client): Promise<void> => {
  for (let i = 0; i < 20; i++) {
    await client.query('begin');
    const { rows } = await client.query<{ n: number }>('select n from account');
    await client.query('update account set n = $1', [(rows[0]?.n ?? 0) + 1]);
    await client.query(i % 4 === 3 ? 'rollback' : 'commit');
  }
};

const ask = (client: Client, text: string) => client.query({ name: 'same', text, values: [2] });

const paths = async (client: Client) => (await client.query('show search_path')).rows[0];

describe('multiplexer', () => {
  it('keeps the units of ten clients whole while one sends large binds', async () => {
    const writer = await connect();
    await writer.query('create table bulk(id int, v real[])');
    const others = await Promise.all(Array.from({ length: 9 }, () => connect()));
    const vector = Array.from({ length: 384 }, (_, index) => index / 7);
    const rows = Array.from({ length: 200 }, (_, index) => `($${index * 2 + 1}, $${index * 2 + 2})`).join(
      ',',
    );
    const bulk = async (): Promise<void> => {
      for (let batch = 0; batch < 5; batch++) {
        const values = Array.from({ length: 200 }, (_, index) => [batch * 200 + index, vector]).flat();
        await writer.query(`insert into bulk values ${rows}`, values);
      }
    };
    await Promise.all([bulk(), ...others.map((client, index) => small(client, index * 1000))]);
    expect(await count(writer, 'bulk')).toBe(1000);
  }, 30_000);

  it('serialises transactions: none reads what another has not committed', async () => {
    const [a, b] = await Promise.all([connect(), connect()]);
    await a.query('create table account(n int); insert into account values (0)');
    await Promise.all([add(a), add(b)]);
    expect((await a.query('select n from account')).rows).toEqual([{ n: 30 }]);
  });

  it('rolls back when a client dies in a transaction, and serves the others', async () => {
    const [dying, other] = await Promise.all([connect(), connect()]);
    await other.query('create table orphan(n int)');
    await dying.query('begin');
    await dying.query('insert into orphan values (1)');
    const waiting = count(other, 'orphan');
    cut(dying);
    expect(await waiting).toBe(0);
  });

  it('ends a client that idles in a transaction while another waits', async () => {
    const [idler, other] = await Promise.all([connect(), connect()]);
    const ended = once(idler, 'error');
    await idler.query('begin');
    await other.query('select 1');
    const [error]: unknown[] = await ended;
    expect(error).toMatchObject({ code: '25P03' });
  });

  it('delivers a notification to those who listen, and only to them', async () => {
    const [listener, sender, deaf, former] = await Promise.all([connect(), connect(), connect(), connect()]);
    const heard: [string, string | undefined][] = [];
    for (const [name, client] of Object.entries({ listener, sender, deaf, former })) {
      client.on('notification', ({ payload }) => heard.push([name, payload]));
    }
    await former.query('listen "Jobs"');
    await listener.query('-- a comment\nlisten "Jobs"');
    await former.query('unlisten *');
    const arrived = once(listener, 'notification');
    await sender.query(`notify "Jobs", 'one'`);
    await arrived;
    await Promise.all([sender.query('select 1'), deaf.query('select 1'), former.query('select 1')]);
    expect(heard).toEqual([['listener', 'one']]);
  });

  it('lets two connections use one name for different prepared statements', async () => {
    const [a, b] = await Promise.all([connect(), connect()]);
    for (let i = 0; i < 3; i++) {
      expect((await ask(a, 'select $1::int * 10 as n')).rows).toEqual([{ n: 20 }]);
      expect((await ask(b, 'select $1::int + 1 as n')).rows).toEqual([{ n: 3 }]);
    }
  });

  it('keeps settings to the connection that made them', async () => {
    const [a, b, c] = await Promise.all([
      connect({ options: '-c search_path=one,two' }),
      connect(),
      connect(),
    ]);
    await c.query('set search_path to three');
    for (let i = 0; i < 2; i++) {
      expect(await paths(a)).toEqual({ search_path: 'one,two' });
      expect(await paths(b)).toEqual({ search_path: 'public' });
      expect(await paths(c)).toEqual({ search_path: 'three' });
    }
    await c.query(`select set_config('app.tenant', 'x', false)`);
    expect((await c.query(`select current_setting('app.tenant', true) as t`)).rows).toEqual([{ t: 'x' }]);
    expect((await b.query(`select current_setting('app.tenant', true) as t`)).rows).not.toEqual([{ t: 'x' }]);
  });

  it('runs each connection as the role it named, and refuses one that does not exist', async () => {
    const owner = await connect();
    await owner.query('create role guest login; create table secret(n int)');
    const guest = await connect({ user: 'guest' });
    await expect(guest.query('select * from secret')).rejects.toMatchObject({ code: '42501' });
    expect(await count(owner, 'secret')).toBe(0);
    await expect(connect({ user: 'nobody' })).rejects.toMatchObject({
      message: expect.stringContaining('nobody'),
    });
  });

  it('answers errors as errors and goes on', async () => {
    const [a, b] = await Promise.all([connect(), connect()]);
    await expect(a.query('select 1/0')).rejects.toMatchObject({ code: '22012' });
    await expect(a.query('select $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
    await a.query('begin');
    await expect(a.query('select nothing')).rejects.toMatchObject({ code: '42703' });
    await expect(a.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    await a.query('rollback');
    expect((await b.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
  });

  it('returns values larger than any buffer', async () => {
    const client = await connect();
    const text = 'ä'.repeat(3_000_000);
    const { rows } = await client.query<{ t: string }>('select $1::text as t', [text]);
    expect(rows[0]?.t === text).toBe(true);
  });
});
