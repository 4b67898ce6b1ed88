import { LRUCache } from 'lru-cache';
import { isId } from '#common';
import type { KnownKey } from './caller.js';

/** How long an entry may answer when PostgreSQL cannot be asked. */
const staleMs = 10 * 60_000;
const negativeMs = 5_000;
const maxEntries = 50_000;

/** A finished look-up. */
export interface CachedKey {
  readonly known: KnownKey;
  /** When the look-up began: what was changed after that may not be in it. Milliseconds, of the given clock. */
  readonly loadedAt: number;
}

/** The moment a look-up began. */
export interface Ticket {
  readonly generation: number;
  readonly at: number;
}

/**
 * What look-ups found, by key hash. Entries are never changed, only replaced or forgotten, and a look-up that began before
 * an invalidation is never kept: its row may be the one from before the change.
 */
export class CallerCache {
  private readonly found: LRUCache<string, CachedKey>;
  // Apart from the others, so that guessed keys cannot push real ones out.
  private readonly unknown: LRUCache<string, true>;
  private generation = 0;

  /** @param now milliseconds; entries age by it */
  constructor(private readonly now: () => number) {
    // ttlResolution 0: age is judged by the clock given, at each look.
    const aging = { max: maxEntries, ttlResolution: 0, perf: { now } };
    this.found = new LRUCache({ ...aging, ttl: staleMs });
    this.unknown = new LRUCache({ ...aging, ttl: negativeMs });
  }

  get(keyHash: string): CachedKey | undefined {
    return this.found.get(keyHash);
  }

  isUnknown(keyHash: string): boolean {
    return this.unknown.has(keyHash);
  }

  /** Take it before a look-up, give it to {@link keep} after. */
  ticket(): Ticket {
    return { generation: this.generation, at: this.now() };
  }

  /** Keeps what a look-up found, unless something was invalidated since the ticket was taken. */
  keep(keyHash: string, known: KnownKey | undefined, ticket: Ticket): void {
    if (ticket.generation !== this.generation) return;
    if (known) this.found.set(keyHash, Object.freeze({ known, loadedAt: ticket.at }));
    else this.unknown.set(keyHash, true);
  }

  /** @param target a key hash, or a workspace id for all of its keys */
  invalidate(target: string): void {
    this.generation += 1;
    this.unknown.delete(target);
    this.found.delete(target);
    if (!isId(target)) return;
    for (const [hash, { known }] of this.found.entries()) {
      if (known.caller.workspaceId === target) this.found.delete(hash);
    }
  }
}
