import { messageText } from '#common';
import type { Metadata, NewItem } from './new-item.js';

/** One message of a conversation, as chat clients write it. */
export interface Turn {
  role: string;
  /** A text, or the list of parts that OpenAI clients send; what is not text is left out. */
  content: unknown;
  name?: string;
  createdAt?: Date;
}

/**
 * The item of a turn: found by who said it, and when, as well as by what was said.
 * @returns undefined for a turn without text (a tool call, an image)
 */
export function turnItem(
  turn: Turn,
  path: string,
  session?: string,
  metadata: Metadata = {},
): NewItem | undefined {
  const content = messageText(turn.content);
  if (content.trim() === '') return undefined;
  const { role, name, createdAt } = turn;
  return {
    path,
    content,
    kind: 'turn',
    session,
    createdAt,
    speaker: name ?? role,
    metadata: { ...metadata, role, ...(name === undefined ? {} : { name }) },
  };
}
