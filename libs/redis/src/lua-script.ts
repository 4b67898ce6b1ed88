import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { RedisCommands } from './redis-connections.js';

/** One Lua file, sent by its hash and, when Redis does not know it (a restart, a flush), once by its text. */
export class LuaScript {
  private readonly text: string;
  private readonly hash: string;

  /** @param file URL of the `.lua` file, next to the code that owns it. */
  constructor(
    private readonly redis: RedisCommands,
    file: URL,
  ) {
    this.text = readFileSync(file, 'utf8');
    // Redis names scripts by SHA-1 of their text; nothing secret hangs on it.
    this.hash = createHash('sha1').update(this.text).digest('hex');
  }

  /** One round trip in the usual case. @returns Redis' reply as it is; the owner of the script knows its shape. */
  async run(keys: string[], args: (string | number | Buffer)[]): Promise<unknown> {
    try {
      return await this.redis.evalsha(this.hash, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.redis.eval(this.text, keys.length, ...keys, ...args);
    }
  }
}
