import { type JsonObject, stringOf } from '#common';
import { packDetails, unpackDetails } from '../answer-parts/reasoning-details.js';

/** What OpenRouter calls the form of Claude's own reasoning. */
const format = 'anthropic-claude-v1';

/** The signature of a thinking block: clients carry it to the next turn unread. */
export const signatureOf = packDetails;

/**
 * The `reasoning_details` that a thinking block of an earlier answer came from. One that we did not make has Claude's own
 * signature; one without any is of no use to a model and is left out.
 */
export function detailsOfThinking(block: JsonObject): JsonObject[] {
  const isRedacted = block['type'] === 'redacted_thinking';
  const proof = stringOf(isRedacted ? block['data'] : block['signature']);
  if (!proof) return [];
  const own = unpackDetails(proof);
  if (own !== undefined) return own;
  return isRedacted
    ? [{ type: 'reasoning.encrypted', data: proof, format }]
    : [{ type: 'reasoning.text', text: stringOf(block['thinking']) ?? '', signature: proof, format }];
}
