import type { StoredSpace } from './stored-space.js';

/**
 * The spaces by which a workspace is read, the one to try first in front; never empty. The first is the active one or, until
 * the workspace is filled there, the one that was active before. Behind it, for when its embedder is away, stand the local ones.
 *
 * @param spaces with just one active among them
 * @param unreadable ids of the spaces in which the workspace's first fill is not done
 */
export function readOrder(
  spaces: readonly StoredSpace[],
  unreadable: ReadonlySet<number>,
): [StoredSpace, ...StoredSpace[]] {
  const latestFirst = spaces.filter(({ status }) => status !== 'retired').toSorted(byLastUse);
  const readable = latestFirst.filter(({ id }) => !unreadable.has(id));
  const first = readable[0] ?? latestFirst[0];
  if (!first) throw new Error('There is no embedding space to read');
  return [first, ...readable.filter((space) => space !== first && space.provider === 'local')];
}

function byLastUse(a: StoredSpace, b: StoredSpace): number {
  if (a.status !== b.status) return a.status === 'active' ? -1 : 1;
  return (b.activatedAt?.getTime() ?? 0) - (a.activatedAt?.getTime() ?? 0) || a.id - b.id;
}
