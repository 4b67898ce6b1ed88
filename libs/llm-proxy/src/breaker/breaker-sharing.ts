import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { isJsonObject, newId, numberOf, parseJson, systemClock } from '#common';
import { RedisCommands, RedisSubscriber } from '#redis';
import { Breakers } from './breakers.js';
import type { BreakerChange } from './breaker-change.js';
import { isScope } from './breaker-scope.js';

const channel = 'breaker:changes';
/** Sorted set of the open scopes by the milliseconds since the epoch until which they are. */
const openSet = 'breaker:open';
const keyOf = (scope: string): string => `breaker:${scope}`;

/** How often the set is read, for messages that were missed. */
const readEveryMs = 5_000;
/** More than any process remembers. */
const mostScopes = 1_000;

/**
 * Lets the gateways share what their breakers found out: a change is published and written to `breaker:<scope>` (a string
 * that lives as long as the breaker is open), and what others published or wrote is heard. All of it is beside the calls;
 * without Redis each process goes by what it sees itself.
 */
@Injectable()
export class BreakerSharing implements OnModuleInit, OnModuleDestroy {
  private readonly self = newId();
  private timer: NodeJS.Timeout | undefined;
  private isReading = false;
  private isAway = false;

  constructor(
    private readonly breakers: Breakers,
    private readonly commands: RedisCommands,
    private readonly subscriber: RedisSubscriber,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(BreakerSharing.name);
  }

  onModuleInit(): void {
    this.breakers.onChange((change) => void this.share(change));
    this.subscriber.on('message', this.receive);
    this.subscriber.on('ready', this.listen);
    if (this.subscriber.status === 'ready') this.listen();
    this.timer = setInterval(() => void this.read(), readEveryMs);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.subscriber.off('message', this.receive);
    this.subscriber.off('ready', this.listen);
  }

  private readonly listen = (): void => {
    // When the connection breaks again, the next 'ready' subscribes.
    this.subscriber.subscribe(channel).then(
      () => this.read(),
      () => undefined,
    );
  };

  private readonly receive = (from: string, message: string): void => {
    if (from !== channel) return;
    const change = parseJson(message);
    if (!isJsonObject(change) || change['by'] === this.self || !isScope(change['scope'])) return;
    const { scope, state } = change;
    if (state !== 'open' && state !== 'closed') return;
    this.breakers.hear({ scope, state, until: numberOf(change['until']) ?? 0, cause: undefined });
  };

  private async share({ scope, state, until, cause }: BreakerChange): Promise<void> {
    // Whether the upstream can be reached is a matter of where one stands: one cut-off gateway must not stop the others.
    if (state === 'half_open' || cause === 'unreachable') return;
    const key = keyOf(scope);
    const openMs = until - systemClock.now();
    const told = JSON.stringify({ scope, state, until, cause, by: this.self });
    const work = this.commands.multi().publish(channel, told);
    if (state === 'closed') work.del(key).zrem(openSet, scope);
    else if (openMs > 0) {
      const words = JSON.stringify({ state, until: new Date(until).toISOString(), cause });
      work.set(key, words, 'PX', openMs).zadd(openSet, until, scope);
      work.zremrangebyscore(openSet, '-inf', systemClock.now()).expire(openSet, 3_600);
    }
    await this.attempt(() => work.exec());
  }

  /** Only what is open is learnt: what is missing may never have got here. */
  private async read(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    await this.attempt(async () => {
      const now = systemClock.now();
      const range = await this.commands.zrangebyscore(
        openSet,
        now,
        '+inf',
        'WITHSCORES',
        'LIMIT',
        0,
        mostScopes,
      );
      for (let i = 0; i + 1 < range.length; i += 2) {
        const scope = range[i];
        if (isScope(scope))
          this.breakers.hear({ scope, state: 'open', until: Number(range[i + 1]), cause: undefined });
      }
    });
    this.isReading = false;
  }

  /** One line when Redis goes and one when it is back, not one a change. */
  private async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      if (this.isAway) this.logger.info('breakers_shared_again');
      this.isAway = false;
    } catch (error) {
      if (!this.isAway) this.logger.warn({ exception: String(error) }, 'breakers_not_shared');
      this.isAway = true;
    }
  }
}
