import { placeOf } from './ingest.repository.js';
import type { PreparedItem } from './prepared-item.js';

/**
 * Where new items stand in their sessions: at the recorded place if nobody holds it, else behind the last, in the order of the
 * posts.
 * @param last the last position of each session; grows with what is placed
 * @param taken places that are held, as `placeOf` writes them; grows likewise
 */
export function sessionPlaces(
  posts: PreparedItem[],
  last: Map<string, number>,
  taken: Set<string>,
): Map<PreparedItem, number> {
  const places = new Map<PreparedItem, number>();
  for (const post of posts) {
    const { session, recorded } = post.item;
    const wanted = recorded?.sessionPosition;
    if (session === undefined || wanted === null) continue;
    const end = last.get(session) ?? 0;
    const place = wanted === undefined || taken.has(placeOf(session, wanted)) ? end + 1 : wanted;
    last.set(session, Math.max(end, place));
    taken.add(placeOf(session, place));
    places.set(post, place);
  }
  return places;
}
