import { hostname } from 'node:os';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { PinoLogger } from 'nestjs-pino';
import { newId } from '#common';
import { RedisSubscriber } from '#redis';
import { Ledger, UsageStream, UsageWriter } from '#usage';

/** A stop that takes longer than this waits for a Redis that is away. */
const stopMs = 5_000;
/** A read that brings nothing answers every second; a connection silent for this long is dead. */
const socketTimeoutMs = 15_000;

/** Runs the ledger's writer for as long as the worker lives, on a connection of its own: reading blocks it. */
@Injectable()
export class UsageWriterService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly connection: Redis;
  private readonly writer: UsageWriter;

  constructor(subscriber: RedisSubscriber, ledger: Ledger, logger: PinoLogger) {
    logger.setContext(UsageWriterService.name);
    this.connection = subscriber.duplicate({ socketTimeout: socketTimeoutMs });
    // The subscriber's connection logs the same trouble; without a listener ioredis would print it.
    this.connection.on('error', () => undefined);
    const stream = new UsageStream(this.connection, `${hostname()}-${newId()}`);
    this.writer = new UsageWriter(stream, ledger, logger);
  }

  onApplicationBootstrap(): void {
    this.writer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const timer = setTimeout(() => this.connection.disconnect(), stopMs);
    await this.writer.stop();
    clearTimeout(timer);
    this.connection.disconnect();
  }
}
