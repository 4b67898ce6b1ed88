import { isJsonObject, type JsonObject, parseJson } from '#common';
import type { PartEvent, PartHead } from '../answer-parts/answer-part.js';
import { signatureOf } from './thinking.js';

/** A content block as it begins. */
export function emptyBlock(head: PartHead): JsonObject {
  switch (head.type) {
    case 'reasoning':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool_call':
      return { type: 'tool_use', id: head.callId, name: head.name, input: {}, caller: { type: 'direct' } };
    case 'text':
    case 'refusal':
    default:
      return { type: 'text', text: '', citations: null };
  }
}

/** What adds a text to a block. */
export function deltaOf(head: PartHead, text: string): JsonObject {
  switch (head.type) {
    case 'reasoning':
      return { type: 'thinking_delta', thinking: text };
    case 'tool_call':
      return { type: 'input_json_delta', partial_json: text };
    case 'text':
    case 'refusal':
    default:
      return { type: 'text_delta', text };
  }
}

/** A content block as it ends. */
export function wholeBlock(
  head: PartHead,
  { text, details }: Extract<PartEvent, { kind: 'close' }>,
): JsonObject {
  const block = emptyBlock(head);
  switch (head.type) {
    case 'reasoning':
      return { ...block, thinking: text, signature: signatureOf(details) };
    case 'tool_call': {
      // Arguments that were cut off are no JSON; the stop reason says so.
      const input = parseJson(text);
      return { ...block, input: isJsonObject(input) ? input : {} };
    }
    case 'text':
    case 'refusal':
    default:
      return { ...block, text };
  }
}
