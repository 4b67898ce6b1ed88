export { answeredWithin, RedisTimeoutError } from './answered-within.js';
export { LuaScript } from './lua-script.js';
export { RedisCommands, RedisSubscriber } from './redis-connections.js';
export { RedisUnavailableError } from './redis.errors.js';
export { RedisModule } from './redis.module.js';
