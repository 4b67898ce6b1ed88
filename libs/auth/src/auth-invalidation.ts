import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { RedisCommands, RedisSubscriber } from '#redis';

const channel = 'auth:invalidate';
const heartbeatMs = 250;
/** Silence after which the subscription counts as down; under the second in which a revoked key must be refused. */
const silenceMs = 750;

/**
 * Tells every process that a key or a workspace changed. A message is a key hash, or a workspace id for all of its keys.
 *
 * A subscription that is down must be noticed, or keys would be trusted that were revoked meanwhile. A closed connection
 * says so itself; a frozen Redis does not, hence the heartbeat.
 */
@Injectable()
export class AuthInvalidation implements OnModuleInit, OnModuleDestroy {
  private listeners: ((target: string) => void)[] = [];
  private since: number | undefined;
  private heardAt = 0;
  private asking = false;
  private readonly unpublished = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly commands: RedisCommands,
    private readonly subscriber: RedisSubscriber,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(AuthInvalidation.name);
  }

  onModuleInit(): void {
    this.subscriber.on('message', this.receive);
    this.subscriber.on('ready', this.subscribe);
    this.subscriber.on('close', this.lose);
    if (this.subscriber.status === 'ready') this.subscribe();
    this.timer = setInterval(() => this.beat(), heartbeatMs);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.subscriber.off('message', this.receive);
    this.subscriber.off('ready', this.subscribe);
    this.subscriber.off('close', this.lose);
  }

  /** @param listener must not throw */
  onInvalidate(listener: (target: string) => void): void {
    this.listeners.push(listener);
  }

  /**
   * Since when no message can have been missed (milliseconds since the epoch); undefined while the subscription is down.
   * What was learnt before that moment may have changed unheard.
   */
  hearingSince(): number | undefined {
    return Date.now() - this.heardAt > silenceMs ? undefined : this.since;
  }

  /**
   * Call it after the change is committed. Never throws. What cannot be published now is published again and again: the
   * other processes may hear well, and would trust the key for as long as they heard nothing.
   */
  async publish(target: string): Promise<void> {
    // This process need not wait for its own message.
    for (const listener of this.listeners) listener(target);
    this.unpublished.add(target);
    await this.publishAll();
  }

  /** A message more than once changes nothing. */
  private async publishAll(): Promise<void> {
    for (const target of this.unpublished) {
      try {
        await this.commands.publish(channel, target);
        this.unpublished.delete(target);
      } catch (error) {
        this.logger.warn({ exception: String(error) }, 'auth_invalidation_not_published');
        return;
      }
    }
  }

  private readonly receive = (from: string, target: string): void => {
    if (from !== channel) return;
    for (const listener of this.listeners) listener(target);
  };

  private readonly subscribe = (): void => {
    this.subscriber.subscribe(channel).then(
      () => this.hear(),
      () => undefined, // The connection broke again; the next 'ready' subscribes.
    );
  };

  private readonly lose = (): void => {
    this.since = undefined;
  };

  /** Proof of life. After a silence the clean time starts anew: Redis may have died and come back in between. */
  private hear(): void {
    const now = Date.now();
    if (now - this.heardAt > silenceMs) this.since = now;
    this.since ??= now;
    this.heardAt = now;
  }

  private beat(): void {
    if (this.unpublished.size > 0) void this.publishAll();
    if (this.asking || this.subscriber.status !== 'ready') return;
    this.asking = true;
    this.subscriber
      .ping()
      .then(
        () => this.since !== undefined && this.hear(),
        () => undefined,
      )
      .finally(() => (this.asking = false));
  }
}
