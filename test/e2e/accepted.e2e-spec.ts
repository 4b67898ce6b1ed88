import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realServersAvailable, startRealPostgres, startRealRedis } from '#embedded';
import { type Product, startProduct } from './product.js';
import { type Json, newTenant, type Tenant, until } from './tenant.js';

const servers = realServersAvailable();
if (!servers) console.warn('This spec needs installed servers (scripts/install-servers.sh): skipped');

/** Posts in flight at once, as several clients would make them. */
const clients = 3;
/** Between two posts of one client. */
const pauseMs = 100;
/** Each kind of post that is accepted, by number; its text is found nowhere else. */
const textOf = (number: number) => `Accepted number ${number}: the cellar has ${number} barrels.`;

/** Whatever dies, and whenever: a 202 is a promise. */
describe.skipIf(!servers)('what was accepted', () => {
  let postgres: Awaited<ReturnType<typeof startRealPostgres>>;
  let redis: Awaited<ReturnType<typeof startRealRedis>>;
  let product: Product;
  let tenant: Tenant;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startRealPostgres(), startRealRedis()]);
    const env = { REDIS_COMMAND_TIMEOUT_MS: '1000', RATE_LIMIT_REQUESTS: '100000' };
    product = await startProduct({ databaseUrl: postgres.url, redisUrl: redis.url, gateways: 1, env });
    tenant = await newTenant({ gatewayUrl: product.gateways[0]?.url ?? '' });
  });
  afterAll(async () => {
    await product?.stop();
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  const accepted = new Set<number>();
  let next = 0;
  const posting = { ended: false };

  /** Texts and files in turn. One that is refused, or whose answer is lost, is no promise. */
  async function postUntilTold(): Promise<void> {
    while (!posting.ended) {
      const number = (next += 1);
      const data = Buffer.from(textOf(number)).toString('base64');
      const file = { file: { filename: `${number}.txt`, data } };
      const sent =
        number % 2 === 0
          ? tenant.call('POST', '/v1/context/files', file)
          : tenant.call('POST', '/v1/context/items', { content: textOf(number) });
      const answer = await sent.catch(() => undefined);
      if (answer?.status === 202) accepted.add(number);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  const more = (count: number) => {
    const wanted = accepted.size + count;
    return until(
      `${wanted} accepted`,
      () => Promise.resolve(accepted.size),
      (size) => size >= wanted,
      30_000,
    );
  };

  /** The contents of all items, and how many of them are found by their meaning. */
  async function stored(): Promise<{ contents: string[]; embedded: number }> {
    const items: Json[] = [];
    for (let cursor = ''; ;) {
      const { body } = await tenant.call('GET', `/v1/context/items?limit=100${cursor}`);
      items.push(...body.data);
      if (!body.has_more) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    return {
      contents: items.map(({ content }) => content),
      embedded: items.filter(({ status }) => status === 'embedded').length,
    };
  }

  it('is all there, each once, after worker, PostgreSQL and Redis were killed in turn', async () => {
    const posts = Promise.all(Array.from({ length: clients }, postUntilTold));
    try {
      await more(15);
      process.kill(product.worker.pid, 'SIGKILL');
      await more(15);
      await product.startWorker();
      await more(10);
      await postgres.kill();
      await postgres.restart();
      await more(15);
      await redis.kill();
      await more(10);
      await redis.restart();
      await more(15);
    } finally {
      posting.ended = true;
      await posts;
    }
    const missing = (contents: string[]) => {
      const all = new Set(contents);
      return [...accepted].filter((number) => !all.has(textOf(number)));
    };
    const { contents } = await until(
      'everything to be there and embedded',
      stored,
      ({ contents: all, embedded }) => embedded === all.length && missing(all).length === 0,
      // What a dead worker had claimed is free when its claim lapses, after a minute.
      180_000,
    );
    expect(accepted.size).toBeGreaterThanOrEqual(80);
    expect(new Set(contents).size).toBe(contents.length);
    const sent = Array.from({ length: next }, (_, i) => textOf(i + 1));
    expect(contents.filter((content) => !sent.includes(content))).toEqual([]);
  }, 300_000);
});
