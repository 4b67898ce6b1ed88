import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ApiKeyAuthenticator,
  AuthInvalidation,
  CallerRepository,
  LimitSettingsService,
  type Scope,
} from '#auth';
import { newId, systemClock, type Clock } from '#common';
import type { Database, SystemScope } from '#database';
import { hashApiKey } from '../../libs/auth/src/api-key.js';
import { ApiKeyRepository } from '../../libs/auth/src/api-key.repository.js';
import { ApiKeyService } from '../../libs/auth/src/api-key.service.js';
import { WorkspaceRepository } from '../../libs/auth/src/workspace.repository.js';
import { WorkspaceService } from '../../libs/auth/src/workspace.service.js';
import { connectStores, FailingDatabase, type StoreClients, until } from './store-clients.js';

class CountingCallers extends CallerRepository {
  looks = 0;

  override find(scope: SystemScope, keyHash: string) {
    this.looks += 1;
    return super.find(scope, keyHash);
  }
}

/** The auth of one process. */
function authOf(clients: StoreClients, database: Database, clock: Clock) {
  const { config, redis, subscriber, logger } = clients;
  const invalidation = new AuthInvalidation(redis, subscriber, logger);
  const callers = new CountingCallers(config);
  const [workspaceRows, keyRows] = [new WorkspaceRepository(), new ApiKeyRepository()];
  const options = { pepper: config.auth.API_KEY_PEPPER, trustMs: 60_000 };
  return {
    invalidation,
    callers,
    workspaces: new WorkspaceService(database, workspaceRows, invalidation),
    keys: new ApiKeyService(config, database, keyRows, workspaceRows, invalidation),
    limits: new LimitSettingsService(config, database, workspaceRows, keyRows, invalidation),
    authenticator: new ApiKeyAuthenticator(options, database, callers, invalidation, logger, clock),
  };
}

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

const inherited = {
  rateLimitRequests: null,
  rateLimitWindow: null,
  rateLimitTokens: null,
  rateLimitParallel: null,
  shadowLimits: null,
};
const inheritedByAll = { ...inherited, dailyTokenQuota: null, workspaceRateLimitRequests: null };

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
      for (const replaced of [
        here.limits.replaceOfWorkspace(id, inheritedByAll),
        here.limits.replaceOfKey(id, inherited),
      ]) {
        await expect(replaced).rejects.toMatchObject({ httpStatus: 404 });
      }
    }
  });
});

describe('LimitSettingsService', () => {
  const applied = { requests: 2, windowSeconds: 7, tokens: 0, parallel: 3, shadow: ['tokens', 'parallel'] };
  const set = {
    rateLimitRequests: 2,
    rateLimitWindow: 7,
    rateLimitTokens: 0,
    rateLimitParallel: 3,
    shadowLimits: ['tokens' as const, 'parallel' as const],
  };
  /** What the other process lets the key do. */
  const limitsThere = async (key: string) => (await there.authenticator.authenticate(key)).limits;
  const untilThere = (key: string, expected: object) =>
    until(async () => {
      const limits = await limitsThere(key);
      return Object.entries(expected).every(
        ([name, value]) => JSON.stringify(Reflect.get(limits, name)) === JSON.stringify(value),
      );
    }, 2_000);

  it('a workspace’s settings hold on another process within 2 s, and are inherited again when left out', async () => {
    const { key, apiKey } = await makeKey();
    const before = await limitsThere(key);
    await here.limits.replaceOfWorkspace(apiKey.workspaceId.toUpperCase(), {
      ...set,
      dailyTokenQuota: 2 ** 53 - 1,
      workspaceRateLimitRequests: 11,
    });
    const together = { dailyTokens: 2 ** 53 - 1, workspaceRequests: 11, workspaceWindowSeconds: 7 };
    await untilThere(key, { ...applied, ...together });
    await here.limits.replaceOfWorkspace(apiKey.workspaceId, {
      ...inheritedByAll,
      rateLimitRequests: 9,
      dailyTokenQuota: 5_000,
    });
    await untilThere(key, before);
  });

  it('a key’s settings go before its workspace’s, shadow mode on and off among them', async () => {
    const { key, apiKey } = await makeKey();
    const { version } = await there.authenticator.authenticate(key);
    await here.limits.replaceOfKey(apiKey.publicId, set);
    await untilThere(key, { ...applied, dailyTokens: 5_000 });
    expect((await there.authenticator.authenticate(key)).version > version).toBe(true);
    await here.limits.replaceOfWorkspace(apiKey.workspaceId, {
      ...inheritedByAll,
      shadowLimits: ['requests'],
    });
    await here.limits.replaceOfKey(apiKey.publicId, { ...inherited, shadowLimits: [] });
    await untilThere(key, { requests: 600, shadow: [] });
    await here.limits.replaceOfKey(apiKey.publicId, inherited);
    await untilThere(key, { shadow: ['requests'] });
    expect((await here.limits.ofKey(apiKey.publicId)).limits).toMatchObject({
      shadow: { value: ['requests'], source: 'workspace' },
      requests: { value: 600, source: 'default' },
    });
  });

  it('says what a change did to each key that opens, and not to revoked ones', async () => {
    const { apiKey } = await makeKey();
    const { workspaceId } = apiKey;
    const more = {
      workspaceId,
      name: 'more',
      scopes: ['chat' as const],
      allowedModels: null,
      expiresAt: null,
    };
    const own = await here.keys.create({ ...more, ...inherited, rateLimitRequests: 4 });
    const revoked = await here.keys.create({ ...more, ...inherited });
    await here.keys.revoke(revoked.apiKey.publicId);
    const changes = await here.limits.replaceOfWorkspace(workspaceId, {
      ...inheritedByAll,
      rateLimitRequests: 30,
    });
    const changed = Object.fromEntries(
      changes.map(({ keyHash, before, after }) => [keyHash, [before.requests, after.requests]]),
    );
    expect(changed).toEqual({ [apiKey.keyHash]: [9, 30], [own.apiKey.keyHash]: [4, 4] });
  });
});
