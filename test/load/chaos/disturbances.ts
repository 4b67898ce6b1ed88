import { until } from '../../e2e/tenant.js';
import type { Load } from './load.js';
import type { Stage } from './stage.js';

/** Something that really breaks, under load. */
export interface Disturbance {
  readonly name: string;
  /** How long it stays broken before it is healed. */
  readonly lastsMs: number;
  /** Others carry its load while it heals, so nobody waits for that. */
  readonly healsBeside?: boolean;
  /** @returns what it struck, for the table */
  strike(stage: Stage, load: Load): Promise<string>;
  heal(stage: Stage): Promise<void>;
}

/** As long as the load before it, with which it is compared. */
export const comparedMs = 8_000;

export const frozenRedis: Disturbance = {
  name: 'Redis frozen',
  lastsMs: comparedMs,
  async strike({ redis }) {
    redis.freeze();
    return 'SIGSTOP';
  },
  heal: async ({ redis }) => redis.thaw(),
};

/**
 * In this order because a Redis that forgets would also forget what a killed gateway leaves behind, which must lapse; and
 * what a killed worker held is taken over after half a minute, for which the end of the run has time.
 */
export const disturbances: readonly Disturbance[] = [
  frozenRedis,
  {
    name: 'Redis killed',
    lastsMs: 3_000,
    async strike(stage) {
      const lost = await onceRedisHoldsEvents(stage, () => stage.redis.kill());
      return `SIGKILL, restarted empty; ${lost}`;
    },
    heal: ({ redis }) => redis.restart(),
  },
  {
    name: 'Redis flushed',
    lastsMs: 1_000,
    async strike(stage) {
      const flush = () => stage.inRedis((redis) => redis.flushdb());
      return `FLUSHDB; ${await onceRedisHoldsEvents(stage, flush)}`;
    },
    heal: () => Promise.resolve(),
  },
  {
    name: 'PostgreSQL killed',
    lastsMs: 4_000,
    async strike({ postgres }) {
      await postgres.kill();
      return 'SIGKILL, restarted';
    },
    heal: ({ postgres }) => postgres.restart(),
  },
  {
    name: 'gateway killed',
    lastsMs: 500,
    healsBeside: true,
    async strike({ fleet }, load) {
      const inHand = async () => load.runningOn(fleet.oldest);
      const count = await until('a gateway to have calls in hand', inHand, (calls) => calls >= 4);
      fleet.kill();
      return `SIGKILL, replaced; ${count} calls in it`;
    },
    heal: ({ fleet }) => fleet.replace(),
  },
  {
    name: 'worker killed',
    lastsMs: 1_000,
    healsBeside: true,
    async strike(stage) {
      // It can be caught with a batch in hand only while PostgreSQL does not take it.
      stage.postgres.freeze();
      const held = await until(
        'the worker to hold events',
        () => heldByWorkers(stage),
        (count) => count > 0,
      ).finally(() => {
        process.kill(stage.worker.pid, 'SIGKILL');
        stage.postgres.thaw();
      });
      return `SIGKILL, replaced; it held ${held} events`;
    },
    async heal(stage) {
      stage.worker = await stage.product.startWorker();
    },
  },
];

const heldByWorkers = (stage: Stage): Promise<number> =>
  stage.inRedis(async (redis) => {
    // After a flush there is no group until the worker has made it again, and no stream until a call has ended.
    const groups = await redis.call('XINFO', 'GROUPS', 'usage:events').catch(() => []);
    if (!Array.isArray(groups) || groups.length === 0) return 0;
    const [count]: unknown[] = await redis.xpending('usage:events', 'usage-writer');
    return Number(count);
  });

/**
 * Redis forgets while there is something to forget: the ledger's writer is as fast as the load, so events stay on the stream
 * only while PostgreSQL stands still.
 */
async function onceRedisHoldsEvents(stage: Stage, forget: () => Promise<unknown>): Promise<string> {
  stage.postgres.freeze();
  try {
    const onStream = () => stage.inRedis((redis) => redis.xlen('usage:events'));
    const events = await until('events on the stream', onStream, (count) => count >= 10);
    const reservations = await reservationsIn(stage);
    await forget();
    return `${reservations} reservations and ${events} events lost`;
  } finally {
    stage.postgres.thaw();
  }
}

const reservationsIn = (stage: Stage): Promise<number> =>
  stage.inRedis(async (redis) => {
    const keys = await redis.keys('quota:reservations:*');
    const counts = await Promise.all(keys.map((key) => redis.zcard(key)));
    return counts.reduce((sum, count) => sum + count, 0);
  });
