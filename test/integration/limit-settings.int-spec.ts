import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#common';
import { authOf, inherited, inheritedByAll } from './auth.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

describe('LimitSettingsService', () => {
  const ofAKey = { name: 'key', scopes: ['chat' as const], allowedModels: null, expiresAt: null };
  const applied = { requests: 2, windowSeconds: 7, tokens: 0, parallel: 3, shadow: ['tokens', 'parallel'] };
  const set = {
    rateLimitRequests: 2,
    rateLimitWindow: 7,
    rateLimitTokens: 0,
    rateLimitParallel: 3,
    shadowLimits: ['tokens' as const, 'parallel' as const],
  };
  let clients: StoreClients[];
  let here: ReturnType<typeof authOf>;
  let there: ReturnType<typeof authOf>;

  beforeAll(async () => {
    clients = await Promise.all([connectStores(), connectStores()]);
    const [one, other] = clients.map((each) => authOf(each, each.database, systemClock));
    if (!one || !other) throw new Error('two processes are needed');
    [here, there] = [one, other];
    for (const { invalidation } of [here, there]) {
      invalidation.onModuleInit();
      await until(() => invalidation.hearingSince() !== undefined);
    }
  });
  afterAll(async () => {
    for (const { invalidation } of [here, there]) invalidation.onModuleDestroy();
    await Promise.all(clients.map((each) => each.close()));
  });

  /** A key of a workspace with limits of its own. */
  async function makeKey() {
    const limits = { ...inheritedByAll, dailyTokenQuota: 5_000, rateLimitRequests: 9 };
    const { id } = await here.workspaces.create({ name: 'team', ...limits });
    return here.keys.create({ workspaceId: id, ...ofAKey, ...inherited });
  }

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
    const own = await here.keys.create({ workspaceId, ...ofAKey, ...inherited, rateLimitRequests: 4 });
    const revoked = await here.keys.create({ workspaceId, ...ofAKey, ...inherited });
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
