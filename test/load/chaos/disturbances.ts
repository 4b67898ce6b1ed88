import { until } from '../../e2e/tenant.js';
import type { Load } from './load.js';
import type { Stage } from './stage.js';

/** Something that really breaks, under load. */
export interface Disturbance {
  readonly name: string;
  /** How long it stays broken before it is healed. */
  readonly lastsMs: number;
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
      const held = await heldInRedis(stage);
      await stage.redis.kill();
      return `SIGKILL, restarted empty; ${held}`;
    },
    heal: ({ redis }) => redis.restart(),
  },
  {
    name: 'Redis flushed',
    lastsMs: 1_000,
    async strike(stage) {
      const held = await heldInRedis(stage);
      await stage.inRedis((redis) => redis.flushdb());
      return `FLUSHDB; ${held}`;
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
    async strike({ fleet }, load) {
      const gateway = fleet.kill();
      return `SIGKILL, replaced; ${load.runningOn(gateway)} calls in it`;
    },
    heal: ({ fleet }) => fleet.replace(),
  },
  {
    name: 'worker killed',
    lastsMs: 1_000,
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
    const [count]: unknown[] = await redis.xpending('usage:events', 'usage-writer');
    return Number(count);
  });

const heldInRedis = (stage: Stage): Promise<string> =>
  stage.inRedis(async (redis) => {
    const reservations = await redis.keys('quota:reservations:*');
    const counts = await Promise.all(reservations.map((key) => redis.zcard(key)));
    const held = counts.reduce((sum, count) => sum + count, 0);
    return `${held} reservations and ${await redis.xlen('usage:events')} events lost`;
  });
