import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { LuaScript, RedisCommands } from '#redis';
import { limitKeys } from './limit-keys.js';
import type { Limits } from './limited-caller.js';
import { tokenWindowSeconds } from './token-window.js';

/** The limits of one key, as they were and as they are. */
export interface ChangedLimits {
  readonly keyHash: string;
  readonly workspaceId: string;
  readonly before: Limits;
  readonly after: Limits;
}

/** Size (0: no limit) and seconds. */
type Bucket = readonly [size: number, windowSeconds: number];
type Rescaling = readonly [...before: Bucket, ...after: Bucket];

const keysPerCall = 500;

/** Makes a changed limit count from what was taken under the old one. */
@Injectable()
export class BucketRescaling {
  private readonly script: LuaScript;

  constructor(
    redis: RedisCommands,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(BucketRescaling.name);
    this.script = new LuaScript(redis, new URL('./rescale-buckets.lua', import.meta.url));
  }

  /**
   * Never rejects: the limits hold without it. A bucket that stays as it was is as full for its new size as it was for the
   * old one, until it has refilled, within a window.
   */
  async run(changes: readonly ChangedLimits[]): Promise<void> {
    const buckets = [...rescalingsOf(changes)];
    try {
      for (let first = 0; first < buckets.length; first += keysPerCall) {
        const batch = buckets.slice(first, first + keysPerCall);
        await this.script.run(
          batch.map(([key]) => key),
          batch.flatMap(([, rescaling]) => rescaling),
        );
      }
    } catch (error) {
      this.logger.warn({ buckets: buckets.length, exception: String(error) }, 'buckets_not_rescaled');
    }
  }
}

/** The buckets that changed, by their key in Redis, so that the one that keys share comes once. A missing limit has no bucket. */
export function rescalingsOf(changes: readonly ChangedLimits[]): Map<string, Rescaling> {
  const rescalings = new Map<string, Rescaling>();
  for (const { keyHash, workspaceId, before, after } of changes) {
    const [old, now] = [bucketsOf(before), bucketsOf(after)];
    const note = (key: string, [size, seconds]: Bucket, [nextSize, nextSeconds]: Bucket) => {
      const same = size === nextSize && seconds === nextSeconds;
      if (!same && size > 0 && nextSize > 0) rescalings.set(key, [size, seconds, nextSize, nextSeconds]);
    };
    const keys = limitKeys({ keyHash, workspaceId });
    note(keys.requests, old.requests, now.requests);
    note(keys.tokens, old.tokens, now.tokens);
    note(keys.workspaceRequests, old.together, now.together);
  }
  return rescalings;
}

const bucketsOf = (limits: Limits): Record<'requests' | 'tokens' | 'together', Bucket> => ({
  requests: [limits.requests, limits.windowSeconds],
  tokens: [limits.tokens, tokenWindowSeconds],
  together: [limits.workspaceRequests, limits.workspaceWindowSeconds],
});
