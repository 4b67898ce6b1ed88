import { InvalidRequestError } from '#common';
import type { ChatMessage } from '../completion-request.js';
import { required } from '../request-fields.js';
import { ChatTurns } from './chat-turns.js';

/**
 * The chat messages for `instructions` and `input`.
 * @throws InvalidRequestError
 */
export function chatMessagesOf(instructions: string | undefined, input: unknown): ChatMessage[] {
  const system: ChatMessage[] = instructions ? [{ role: 'system', content: instructions }] : [];
  if (typeof input === 'string') return [...system, { role: 'user', content: input }];
  const items = required(input ?? undefined, 'input');
  if (!Array.isArray(items)) {
    throw new InvalidRequestError(`'input' must be a string or an array of items`, 'input');
  }
  if (items.length === 0) throw new InvalidRequestError(`'input' must not be empty`, 'input');
  const turns = new ChatTurns();
  for (const [i, item] of items.entries()) turns.add(item, `input[${i}]`);
  return [...system, ...turns.end()];
}
