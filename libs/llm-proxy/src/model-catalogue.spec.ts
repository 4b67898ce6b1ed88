import { PinoLogger } from 'nestjs-pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppConfig } from '#config';
import { OpenRouterApi, UpstreamError, UpstreamJournal, type UpstreamModel } from '#openrouter';
import { ModelCatalogue } from './model-catalogue.js';

describe('ModelCatalogue', () => {
  const config = new AppConfig({
    DATABASE_URL: 'postgres://u:p@127.0.0.1/db',
    REDIS_URL: 'redis://127.0.0.1',
    API_KEY_PEPPER: 'pepper-pepper-pepper',
    ADMIN_API_KEY: 'admin-admin-admin-admin',
    MODEL_CATALOGUE_TTL_SECONDS: '60',
  });
  const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
  const api = new OpenRouterApi(config, new UpstreamJournal(logger));
  let fetch: (count: number) => Promise<UpstreamModel[]>;
  let fetched: number;
  let catalogue: ModelCatalogue;

  beforeEach(() => {
    vi.useFakeTimers();
    fetched = 0;
    vi.spyOn(api, 'models').mockImplementation(() => fetch((fetched += 1)));
    catalogue = new ModelCatalogue(config, api, logger);
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const ids = async () => (await catalogue.list()).map(({ id }) => id);

  it('fetches once for many callers, and shows models as OpenAI does', async () => {
    fetch = async () => [{ id: 'openai/gpt-5', created: 7, context_length: 100 }, { id: 'bare' }];
    const lists = await Promise.all([catalogue.list(), catalogue.list(), catalogue.list()]);
    expect(fetched).toBe(1);
    expect(lists[2]).toEqual([
      { id: 'openai/gpt-5', object: 'model', created: 7, owned_by: 'openai', context_length: 100 },
      { id: 'bare', object: 'model', created: 0, owned_by: 'bare' },
    ]);
  });

  it('fetches a stale list beside, and lets nobody wait for it', async () => {
    const second = Promise.withResolvers<UpstreamModel[]>();
    fetch = (count) => (count === 1 ? Promise.resolve([{ id: 'old' }]) : second.promise);
    expect(await ids()).toEqual(['old']);
    vi.advanceTimersByTime(60_000);
    expect(await ids()).toEqual(['old']);
    expect(await ids()).toEqual(['old']);
    expect(fetched).toBe(2);
    second.resolve([{ id: 'new' }]);
    await vi.waitFor(async () => expect(await ids()).toEqual(['new']));
  });

  it.each<[string, () => Promise<UpstreamModel[]>]>([
    ['fails', () => Promise.reject(new UpstreamError('server'))],
    ['is empty', () => Promise.resolve([])],
  ])('keeps the good list when the next %s, and tries again later', async (_name, bad) => {
    fetch = (count) => (count === 2 ? bad() : Promise.resolve([{ id: `list-${count}` }]));
    await ids();
    vi.advanceTimersByTime(60_000);
    for (let i = 0; i < 5; i += 1) expect(await ids()).toEqual(['list-1']);
    expect(fetched).toBe(2);
    vi.advanceTimersByTime(5_000);
    await vi.waitFor(async () => expect(await ids()).toEqual(['list-3']));
  });

  it('says so when there never was a list, and asks again', async () => {
    fetch = (count) =>
      count === 1 ? Promise.reject(new UpstreamError('unreachable')) : Promise.resolve([{ id: 'a' }]);
    await expect(catalogue.list()).rejects.toMatchObject({ httpStatus: 503 });
    expect(await ids()).toEqual(['a']);
  });

  it('looks up what it has by id or dated name, and fetches nothing for it', async () => {
    fetch = async () => [{ id: 'a/b', canonical_slug: 'a/b-20300101' }, { id: 'c/d' }];
    expect(catalogue.known('a/b')).toBeUndefined();
    expect(fetched).toBe(0);
    await ids();
    vi.advanceTimersByTime(3_600_000);
    expect(catalogue.known('a/b')).toBe(catalogue.known('a/b-20300101'));
    expect(catalogue.known('c/d')).toMatchObject({ id: 'c/d' });
    expect(catalogue.known('a')).toBeUndefined();
    expect(fetched).toBe(1);
  });

  it('finds a model by an id with slashes, and shows a key only its own', async () => {
    fetch = async () => [{ id: 'a/b' }, { id: 'c/d:free' }];
    expect(await catalogue.get('c/d:free')).toMatchObject({ id: 'c/d:free' });
    await expect(catalogue.get('a')).rejects.toMatchObject({ httpStatus: 404, code: 'model_not_found' });
    expect(await catalogue.forKey(['a/b', 'unknown'])).toHaveLength(1);
    expect(await catalogue.forKey(null)).toHaveLength(2);
  });
});
