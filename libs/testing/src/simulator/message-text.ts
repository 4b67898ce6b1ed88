import { stringOf, type JsonObject } from '#common';
import { objectsIn } from './objects-in.js';

/** The words of a message: a string as it is, of a list of parts the text parts, one a line. */
export function textOf(message: JsonObject): string {
  if (typeof message['content'] === 'string') return message['content'];
  return objectsIn(message['content'])
    .map((part) => stringOf(part['text']) ?? '')
    .join('\n');
}

const recalledBlock = /<recalled_context\b[^]*<\/recalled_context>/u;

/** The block of recalled context that the gateway put before the last user message, verbatim; the latest if several. */
export function recalledContextIn(messages: readonly JsonObject[]): string | undefined {
  for (const message of messages.toReversed()) {
    const block = recalledBlock.exec(textOf(message))?.[0];
    if (block) return block;
  }
  return undefined;
}

/** What the user said last; '' when no user spoke. */
export function lastUserText(messages: readonly JsonObject[]): string {
  const last = messages.findLast((message) => message['role'] === 'user');
  return last ? textOf(last) : '';
}
