import type { RecalledItem } from '../recall/candidate.js';
import type { FoundPart } from './working-set.js';

/** Scores move a little with every item that is stored, and all with age; two decimals keep small moves out of the choice. */
const steps = 100;

/**
 * What several queries found, each part once, worth the sum of its scores.
 * @returns the most valuable first, ties by id and place
 */
export function foundParts(answers: Pick<RecalledItem, 'id' | 'part' | 'score'>[][]): FoundPart[] {
  const parts = new Map<string, FoundPart>();
  for (const { id, part, score } of answers.flat()) {
    const position = part?.position ?? 0;
    const key = `${id}:${position}`;
    parts.set(key, { id, position, value: (parts.get(key)?.value ?? 0) + score });
  }
  return [...parts.values()]
    .map((part) => ({ ...part, value: Math.max(1, Math.round(part.value * steps)) / steps }))
    .toSorted((a, b) => b.value - a.value || a.id.localeCompare(b.id) || a.position - b.position);
}
