import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import type { DetailChange } from '../items/context-item.js';
import { ItemChangeRepository } from '../items/item-change.repository.js';
import { type ExistingItem, IngestRepository } from './ingest.repository.js';
import type { PreparedItem } from './prepared-item.js';
import { sessionPlaces } from './session-places.js';

/** What became of one posted text. */
export interface WrittenText {
  id: string;
  /** True when an earlier post had put the same item there. */
  duplicate: boolean;
}

/** What a post does with an item that is there: changes it to what it says, or leaves it. What has expired is changed always. */
export type OnExisting = 'change' | 'keep';

/** Places in sessions: what is taken, and where each ends. */
interface Places {
  last: Map<string, number>;
  taken: Set<string>;
}

/** A race for a key is lost once, hardly ever twice; beyond that something is wrong. */
const maxRounds = 5;

/** Writes posted texts so that one key is one item, however many post it at once. */
@Injectable()
export class TextWriter {
  constructor(
    private readonly repository: IngestRepository,
    private readonly changes: ItemChangeRepository,
  ) {}

  /** @returns one entry for each post, in the order of the posts */
  async write(
    scope: WorkspaceScope,
    posts: PreparedItem[],
    onExisting: OnExisting = 'change',
  ): Promise<WrittenText[]> {
    const places = await this.lockPlaces(scope, posts);
    const written = new Map<PreparedItem, WrittenText>();
    const known = new Map<string, ExistingItem>();
    // The first post of each key makes the item; later ones in the same request change it, as later requests would.
    const firsts = new Map(posts.toReversed().map((post) => [post.key, post]));
    let open = [...firsts.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    for (let round = 0; open.length > 0; round++) {
      if (round === maxRounds) throw new Error('Posted items keep changing under our hands');
      for (const item of await this.repository.findExisting(scope, open)) known.set(item.key, item);
      const fresh = open.filter(({ key }) => !known.has(key));
      const inserted = await this.insert(scope, fresh, posts, places);
      for (const post of inserted) {
        written.set(post, { id: post.id, duplicate: false });
        known.set(post.key, asExisting(post));
      }
      open = open.filter(({ key }) => !known.has(key));
    }
    return this.inOrder(posts, written, known, (post, existing) =>
      onExisting === 'change' || existing.expired
        ? this.change(scope, post, existing, places)
        : Promise.resolve({ id: existing.id, duplicate: true }),
    );
  }

  /** From here on nobody else adds to these sessions. */
  private async lockPlaces(scope: WorkspaceScope, posts: PreparedItem[]): Promise<Places> {
    const sessions = [...new Set(posts.flatMap(({ item }) => item.session ?? []))];
    await this.repository.lockSessions(scope, sessions);
    const wanted = posts.flatMap(({ item }) => item.recorded?.sessionPosition ?? []);
    return {
      last: await this.repository.lastPositions(scope, sessions),
      taken: wanted.length === 0 ? new Set() : await this.repository.takenPlaces(scope, sessions, wanted),
    };
  }

  private async inOrder(
    posts: PreparedItem[],
    written: Map<PreparedItem, WrittenText>,
    known: Map<string, ExistingItem>,
    settle: (post: PreparedItem, existing: ExistingItem) => Promise<WrittenText>,
  ): Promise<WrittenText[]> {
    const results: WrittenText[] = [];
    for (const post of posts) {
      const existing = known.get(post.key);
      if (!existing) throw new Error('A posted item was neither found nor written');
      results.push(written.get(post) ?? (await settle(post, existing)));
    }
    return results;
  }

  private async insert(
    scope: WorkspaceScope,
    fresh: PreparedItem[],
    posts: PreparedItem[],
    { last, taken }: Places,
  ): Promise<PreparedItem[]> {
    if (fresh.length === 0) return [];
    const freshOnes = new Set(fresh);
    // Positions follow the order of the request, not that of the keys.
    const inOrder = posts.filter((post) => freshOnes.has(post));
    const positions = sessionPlaces(inOrder, last, taken);
    const ids = await this.repository.insertHeads(scope, fresh, positions);
    const inserted = fresh.filter(({ id }) => ids.has(id));
    for (const { id, item, text } of inserted) {
      if (text.isDocument) await this.changes.addDocument(scope, id, item.content, text);
    }
    return inserted;
  }

  /** A second post: the details it names are taken over; the text is embedded again only if it is another one. */
  private async change(
    scope: WorkspaceScope,
    { item, text }: PreparedItem,
    existing: ExistingItem,
    { last }: Places,
  ): Promise<WrittenText> {
    const { id } = existing;
    const move = item.externalId === undefined ? {} : moveTo(item.session, existing, last);
    const details: DetailChange = {
      metadata: item.metadata,
      importance: item.importance,
      pinned: item.pinned,
      // What had expired comes back with the post.
      expiresAt: item.expiresAt ?? (existing.expired ? null : undefined),
      title: item.title === existing.title ? undefined : item.title,
      ...move,
      collection: item.externalId === undefined ? undefined : item.collection,
    };
    if (Object.values(details).some((value) => value !== undefined)) {
      await this.changes.changeDetails(scope, id, details);
    }
    if (text.contentHash !== existing.contentHash) {
      await this.changes.replaceText(scope, id, item.content, text);
      existing.contentHash = text.contentHash;
    } else if (existing.status === 'failed') await this.changes.retry(scope, id);
    return { id, duplicate: true };
  }
}

/** To another session an item goes behind the last there. @param last the last position of each session; grows with it */
function moveTo(
  session: string | undefined,
  existing: ExistingItem,
  last: Map<string, number>,
): Pick<DetailChange, 'session' | 'sessionPosition'> {
  if (session === undefined || session === existing.session) return {};
  const sessionPosition = (last.get(session) ?? 0) + 1;
  last.set(session, sessionPosition);
  existing.session = session;
  return { session, sessionPosition };
}

const asExisting = ({ id, key, item, text }: PreparedItem): ExistingItem => ({
  id,
  key,
  session: item.session ?? null,
  contentHash: text.contentHash,
  title: item.title ?? null,
  status: 'pending',
  expired: false,
});
