import { LRUCache } from 'lru-cache';
import type { PinoLogger } from 'nestjs-pino';
import { type Clock, sha256 } from '#common';
import { DatabaseUnavailableError, type Database } from '#database';
import { metrics } from '#observability';
import { hashApiKey, publicIdOf } from './api-key.js';
import { AuthenticationError } from './auth.errors.js';
import type { AuthInvalidation } from './auth-invalidation.js';
import { CallerCache, type CachedKey } from './caller-cache.js';
import type { CallerRepository } from './caller.repository.js';
import type { Caller, KnownKey } from './caller.js';

/** How long an entry is trusted while invalidation messages do not arrive. */
const deafTrustMs = 1_000;
/** How long a caller whose key we remember waits for a PostgreSQL that does not answer. */
const patienceMs = 500;

interface LookUp {
  readonly answer: Promise<KnownKey | undefined>;
  /** The same, but rejected once our patience ends; whoever joins later is not made to wait again. */
  readonly inTime: Promise<KnownKey | undefined>;
}

/** From the configuration: API_KEY_PEPPER, and how long memory is believed. */
export interface AuthenticatorOptions {
  pepper: string;
  /** Milliseconds that an entry is trusted while invalidation messages arrive. */
  trustMs: number;
}

/**
 * Says who presents a key. In the usual case it answers from memory. PostgreSQL is asked once for many callers of one key;
 * when it is away, a key seen in the last ten minutes and not revoked since still opens.
 */
export class ApiKeyAuthenticator {
  private readonly cache: CallerCache;
  private lookUps = new Map<string, LookUp>();
  /** Key hashes by the plain hash of the key: an HMAC costs several times as much, and a client presents its key with every call. */
  private readonly keyHashes = new LRUCache<string, string>({ max: 10_000 });

  constructor(
    private readonly options: AuthenticatorOptions,
    private readonly database: Database,
    private readonly callers: CallerRepository,
    private readonly invalidation: AuthInvalidation,
    private readonly logger: PinoLogger,
    private readonly clock: Clock,
  ) {
    this.cache = new CallerCache(() => clock.now());
    invalidation.onInvalidate((target) => {
      this.cache.invalidate(target);
      // Whoever asks from now on must not be given what a look-up from before the change will find.
      this.lookUps = new Map();
    });
  }

  /**
   * @param presented what the caller sent, undefined when nothing
   * @throws AuthenticationError (401) · DatabaseUnavailableError (503) when the key is not in memory and cannot be looked up
   */
  async authenticate(presented: string | undefined): Promise<Caller> {
    if (presented === undefined) throw new AuthenticationError('missing_api_key');
    if (publicIdOf(presented) === undefined) throw new AuthenticationError('invalid_api_key');
    const keyHash = this.hash(presented);
    const known = this.remembered(keyHash) ?? (await this.lookUp(keyHash));
    if (!known) throw new AuthenticationError('invalid_api_key');
    if (known.revoked) throw new AuthenticationError('key_revoked');
    const { expiresAt } = known.caller;
    if (expiresAt !== null && expiresAt <= this.clock.now()) throw new AuthenticationError('key_expired');
    return known.caller;
  }

  private hash(presented: string): string {
    const plain = sha256(presented);
    const known = this.keyHashes.get(plain);
    if (known !== undefined) return known;
    const keyHash = hashApiKey(this.options.pepper, presented);
    this.keyHashes.set(plain, keyHash);
    return keyHash;
  }

  private remembered(keyHash: string): KnownKey | undefined {
    const cached = this.cache.get(keyHash);
    if (!cached || !this.isTrusted(cached)) return undefined;
    metrics.auth.cache.inc({ outcome: 'hit' });
    return cached.known;
  }

  private isTrusted({ loadedAt }: CachedKey): boolean {
    const hearingSince = this.invalidation.hearingSince();
    const hears = hearingSince !== undefined && loadedAt >= hearingSince;
    return this.clock.now() - loadedAt < (hears ? this.options.trustMs : deafTrustMs);
  }

  private async lookUp(keyHash: string): Promise<KnownKey | undefined> {
    if (this.cache.isUnknown(keyHash)) {
      metrics.auth.cache.inc({ outcome: 'negative' });
      return undefined;
    }
    const lookUp = this.lookUps.get(keyHash) ?? this.startLookUp(keyHash);
    if (!this.cache.get(keyHash)) return lookUp.answer;
    try {
      return await lookUp.inTime;
    } catch (error) {
      return this.stale(keyHash, error);
    }
  }

  private startLookUp(keyHash: string): LookUp {
    metrics.auth.cache.inc({ outcome: 'miss' });
    const ticket = this.cache.ticket();
    const lookUps = this.lookUps;
    const answer = this.database
      .asSystem((scope) => this.callers.find(scope, keyHash))
      .then((known) => {
        this.cache.keep(keyHash, known, ticket);
        return known;
      })
      .finally(() => lookUps.delete(keyHash));
    const lookUp = { answer, inTime: orAway(answer) };
    // Nobody may be waiting for this one of the two.
    lookUp.inTime.catch(() => undefined);
    lookUps.set(keyHash, lookUp);
    return lookUp;
  }

  /** The database is away: the entry is read anew, because it may have been invalidated while we waited. */
  private stale(keyHash: string, error: unknown): KnownKey {
    const cached = this.cache.get(keyHash);
    if (!cached || !(error instanceof DatabaseUnavailableError)) throw error;
    metrics.auth.cache.inc({ outcome: 'stale' });
    const age_ms = this.clock.now() - cached.loadedAt;
    this.logger.warn({ key_id: cached.known.caller.keyId, age_ms }, 'auth_stale_key_served');
    return cached.known;
  }
}

/** The work's result, or the database's absence when it takes longer than we wait. */
async function orAway<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const error = new DatabaseUnavailableError(new Error(`No answer in ${patienceMs} ms`));
    timer = setTimeout(() => reject(error), patienceMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
