import type { Candidate } from './candidate.js';

type Placed = Pick<Candidate, 'documentId' | 'position' | 'session' | 'sessionPosition'>;

/** Names the place `offset` rows on, in the row's document or session; undefined for a row that stands alone. */
export function placeOf(candidate: Placed, offset: number): string | undefined {
  const { documentId, position, session, sessionPosition } = candidate;
  if (documentId !== null) return JSON.stringify(['document', documentId, position + offset]);
  if (session === null || sessionPosition === null) return undefined;
  return JSON.stringify(['session', session, sessionPosition + offset]);
}
