import { Redis } from 'ioredis';
import type { PinoLogger } from 'nestjs-pino';
import type { AppConfig } from '#config';
import { metrics } from '#observability';

/** For commands on the hot path: pipelined by itself, gives up fast, never queues while the connection is away. */
export class RedisCommands extends Redis {}

/** For messages: its own connection, because a subscribed connection can do nothing else. */
export class RedisSubscriber extends Redis {}

const reconnect = (attempt: number): number => Math.min(attempt * 50, 1_000);

export function connectCommands(config: AppConfig['redis'], logger: PinoLogger): RedisCommands {
  const redis = new RedisCommands(config.REDIS_URL, {
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    // Only the net below `answeredWithin`: this timer fires before the socket is read, so it must not be the first to.
    commandTimeout: 10 * config.REDIS_COMMAND_TIMEOUT_MS,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: reconnect,
  });
  redis.on('ready', () => metrics.redis.up.set(1));
  redis.on('close', () => metrics.redis.up.set(0));
  return listenForErrors(redis, logger);
}

export function connectSubscriber(config: AppConfig['redis'], logger: PinoLogger): RedisSubscriber {
  return listenForErrors(
    new RedisSubscriber(config.REDIS_URL, {
      connectTimeout: 2_000,
      maxRetriesPerRequest: null,
      retryStrategy: reconnect,
    }),
    logger,
  );
}

// Without a listener ioredis prints to the console; with one per event a dead Redis would flood the log.
function listenForErrors<Connection extends Redis>(redis: Connection, logger: PinoLogger): Connection {
  let last = '';
  redis.on('error', (error: Error) => {
    if (error.message === last) return;
    last = error.message;
    logger.warn({ exception: error.message }, 'redis_connection_error');
  });
  redis.on('ready', () => {
    if (last !== '') logger.info('redis_connection_restored');
    last = '';
  });
  return redis;
}
