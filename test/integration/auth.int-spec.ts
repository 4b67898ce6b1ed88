import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Scope } from '#auth';
import { newId, systemClock } from '#common';
import { hashApiKey } from '../../libs/auth/src/api-key.js';
import { ApiKeyRepository } from '../../libs/auth/src/api-key.repository.js';
import { authOf, inherited, inheritedByAll } from './auth.harness.js';
import { connectStores, FailingDatabase, type StoreClients, until } from './store-clients.js';

let clients: [StoreClients, StoreClients];
let here: ReturnType<typeof authOf>;
let there: ReturnType<typeof authOf>;
let database: FailingDatabase;
let skewMs: number;

beforeAll(async () => {
  clients = await Promise.all([connectStores(), connectStores()]);
});
afterAll(() => Promise.all(clients.map((each) => each.close())));

beforeEach(async () => {
  skewMs = 0;
  database = new FailingDatabase(clients[1].dataSource);
  here = authOf(clients[0], clients[0].database, systemClock);
  there = authOf(clients[1], database, { now: () => Date.now() + skewMs });
  for (const { invalidation } of [here, there]) {
    invalidation.onModuleInit();
    await until(() => invalidation.hearingSince() !== undefined);
  }
});
afterEach(() => {
  here.invalidation.onModuleDestroy();
  there.invalidation.onModuleDestroy();
});

async function makeKey(settings: { expiresAt?: Date; scopes?: Scope[]; rateLimitRequests?: number } = {}) {
  const limits = { ...inheritedByAll, dailyTokenQuota: 5_000, rateLimitRequests: 9 };
  const workspace = await here.workspaces.create({ name: 'team', ...limits });
  const heard = new Set<string>();
  there.invalidation.onInvalidate((target) => heard.add(target));
  const made = await here.keys.create({
    workspaceId: workspace.id,
    name: 'key',
    scopes: settings.scopes ?? ['chat'],
    allowedModels: null,
    ...inherited,
    rateLimitRequests: settings.rateLimitRequests ?? null,
    expiresAt: settings.expiresAt ?? null,
  });
  // A look-up that this message overtakes is not kept; the specs count look-ups.
  await until(() => heard.has(made.apiKey.keyHash));
  return made;
}

describe('ApiKeyAuthenticator', () => {
  it('knows the caller, with limits from key, workspace and environment, and asks PostgreSQL once', async () => {
    const { key, apiKey } = await makeKey({ scopes: ['chat', 'usage:read'] });
    const callers = await Promise.all(
      Array.from({ length: 50 }, () => there.authenticator.authenticate(key)),
    );
    expect(there.callers.looks).toBe(1);
    expect(callers[0]).toMatchObject({
      workspaceId: apiKey.workspaceId,
      keyId: apiKey.publicId,
      keyHash: apiKey.keyHash,
      scopes: ['chat', 'usage:read'],
      limits: { requests: 9, windowSeconds: 60, dailyTokens: 5_000 },
    });
    expect(Object.isFrozen(callers[0]) && Object.isFrozen(callers[0]?.limits)).toBe(true);
    const { key: own } = await makeKey({ rateLimitRequests: 3 });
    expect((await there.authenticator.authenticate(own)).limits.requests).toBe(3);
  });

  it('stores no secret', async () => {
    const { key } = await makeKey();
    const secret = key.split('_')[2] ?? 'none';
    const rows = await clients[0].dataSource.query<unknown[]>('SELECT * FROM api_keys');
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('refuses what is missing, malformed or unknown, and remembers the unknown', async () => {
    const unknown = `ctx_${randomBytes(8).toString('hex')}_${randomBytes(32).toString('hex')}`;
    await expect(there.authenticator.authenticate(undefined)).rejects.toMatchObject({
      code: 'missing_api_key',
    });
    await expect(there.authenticator.authenticate('nonsense')).rejects.toMatchObject({
      httpStatus: 401,
      code: 'invalid_api_key',
      message: 'Invalid API key',
    });
    for (let i = 0; i < 5; i++) {
      await expect(there.authenticator.authenticate(unknown)).rejects.toMatchObject({
        code: 'invalid_api_key',
      });
    }
    expect(there.callers.looks).toBe(1);
  });

  it('knows a key at once whose hash was unknown a moment ago', async () => {
    const { apiKey } = await makeKey();
    const late = `ctx_${randomBytes(8).toString('hex')}_${randomBytes(32).toString('hex')}`;
    await expect(there.authenticator.authenticate(late)).rejects.toMatchObject({ code: 'invalid_api_key' });
    const keyHash = hashApiKey(clients[0].config.auth.API_KEY_PEPPER, late);
    const publicId = late.slice(4, 20);
    await clients[0].database.asSystem((scope) =>
      new ApiKeyRepository().insert(scope, { ...apiKey, id: newId(), publicId, keyHash }),
    );
    await here.invalidation.publish(keyHash);
    await until(() => there.authenticator.authenticate(late).then(Boolean, () => false), 1_000);
  });

  it('refuses a revoked key on another process within a second', async () => {
    const { key, apiKey } = await makeKey();
    await there.authenticator.authenticate(key);
    await here.keys.revoke(apiKey.publicId);
    await until(
      () =>
        there.authenticator.authenticate(key).then(
          () => false,
          () => true,
        ),
      1_000,
    );
    await expect(there.authenticator.authenticate(key)).rejects.toMatchObject({ code: 'key_revoked' });
    await expect(here.authenticator.authenticate(key)).rejects.toMatchObject({ code: 'key_revoked' });
    const again = await here.keys.revoke(apiKey.publicId);
    expect(again.active).toBe(false);
  });

  it('forgets all keys of a workspace that changed', async () => {
    const { key, apiKey } = await makeKey();
    await there.authenticator.authenticate(key);
    await clients[0].dataSource.query('UPDATE workspaces SET daily_token_quota = 77 WHERE id = $1', [
      apiKey.workspaceId,
    ]);
    await here.invalidation.publish(apiKey.workspaceId);
    await until(async () => (await there.authenticator.authenticate(key)).limits.dailyTokens === 77, 1_000);
  });

  /** A look-up of a key that is revoked after its row was read and before it is answered. */
  async function overtakenLookUp() {
    const { key, apiKey } = await makeKey();
    let release: () => void = () => undefined;
    database.hold = new Promise((resolve) => (release = resolve));
    const inFlight = there.authenticator.authenticate(key);
    await until(() => database.answers === 1);
    let heard = false;
    there.invalidation.onInvalidate((target) => (heard ||= target === apiKey.keyHash));
    await here.keys.revoke(apiKey.publicId);
    await until(() => heard);
    return { key, inFlight, release };
  }

  it('does not keep what a look-up from before the revocation found', async () => {
    const { key, inFlight, release } = await overtakenLookUp();
    release();
    await inFlight;
    await expect(there.authenticator.authenticate(key)).rejects.toMatchObject({ code: 'key_revoked' });
  });

  it('does not share a look-up from before the revocation with whoever asks after it', async () => {
    const { key, inFlight, release } = await overtakenLookUp();
    const later = there.authenticator.authenticate(key).catch((error: unknown) => error);
    release();
    await inFlight;
    expect(await later).toMatchObject({ code: 'key_revoked' });
  });

  it('notices the expiry of a key it holds in memory', async () => {
    const { key } = await makeKey({ expiresAt: new Date(Date.now() + 5_000) });
    await there.authenticator.authenticate(key);
    skewMs = 6_000;
    await expect(there.authenticator.authenticate(key)).rejects.toMatchObject({ code: 'key_expired' });
    expect(there.callers.looks).toBe(1);
  });

  it('trusts nothing for long while it hears nothing, and nothing from before once it hears again', async () => {
    const { key, apiKey } = await makeKey();
    await there.authenticator.authenticate(key);
    clients[1].subscriber.disconnect();
    await until(() => there.invalidation.hearingSince() === undefined);
    await here.keys.revoke(apiKey.publicId);
    await until(
      () =>
        there.authenticator.authenticate(key).then(
          () => false,
          () => true,
        ),
      1_500,
    );
    await clients[1].subscriber.connect();
    await until(() => there.invalidation.hearingSince() !== undefined);
  });

  it('goes on with known keys while PostgreSQL is away, but not with revoked ones', async () => {
    const { key, apiKey } = await makeKey();
    const { key: other } = await makeKey();
    await there.authenticator.authenticate(key);
    database.away = true;
    skewMs = 120_000;
    expect((await there.authenticator.authenticate(key)).keyId).toBe(apiKey.publicId);
    await expect(there.authenticator.authenticate(other)).rejects.toMatchObject({ httpStatus: 503 });
    await here.keys.revoke(apiKey.publicId);
    await until(
      () =>
        there.authenticator.authenticate(key).then(
          () => false,
          () => true,
        ),
      1_000,
    );
    skewMs = 11 * 60_000;
    await expect(there.authenticator.authenticate(key)).rejects.toMatchObject({ httpStatus: 503 });
  });
});

describe('administration', () => {
  it('lists newest first, a page at a time', async () => {
    const names = ['one', 'two', 'three'];
    for (const name of names) await here.workspaces.create({ name, ...inheritedByAll });
    const page = await here.workspaces.list(2, null);
    expect(page.data.map(({ name }) => name)).toEqual(['three', 'two']);
    const next = await here.workspaces.list(2, page.nextCursor);
    expect(next.data[0]?.name).toBe('one');
  });

  it('says 404 for what is not there, whatever the id looks like', async () => {
    for (const id of [newId(), 'nonsense', '\0']) {
      await expect(here.workspaces.get(id)).rejects.toMatchObject({ httpStatus: 404 });
      await expect(here.keys.list(id, 10, null)).rejects.toMatchObject({ httpStatus: 404 });
      await expect(here.keys.revoke(id)).rejects.toMatchObject({ httpStatus: 404 });
      await expect(here.limits.ofWorkspace(id)).rejects.toMatchObject({ httpStatus: 404 });
      await expect(here.limits.ofKey(id)).rejects.toMatchObject({ httpStatus: 404 });
      const ofWorkspace = here.limits.replaceOfWorkspace(id, inheritedByAll);
      await expect(ofWorkspace).rejects.toMatchObject({ httpStatus: 404 });
      const ofKey = here.limits.replaceOfKey(id, inherited);
      await expect(ofKey).rejects.toMatchObject({ httpStatus: 404 });
    }
  });
});
