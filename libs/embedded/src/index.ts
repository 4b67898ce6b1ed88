export { startEmbeddedPostgres, startEmbeddedRedis } from './embedded-stores.js';
export { realServersAvailable, startRealPostgres, startRealRedis } from './real-servers.js';
