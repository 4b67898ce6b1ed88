import { messageText, storable } from '#common';

/** A message of a chat call, as its client sent it. */
export interface ChatMessage {
  role: string;
  content?: unknown;
}

/** Longest question in UTF-16 units; of a longer one the end counts, where people put what they want. */
const maxQuestion = 8_000;
/** A question shorter than this leans on the one before: "and in winter?" */
const shortQuestion = 40;

/**
 * What a conversation asks for: its last user message, with the one before it where the last is too short to be understood
 * alone. Empty when no user has said anything.
 */
export function queryFromMessages(messages: ChatMessage[]): string {
  const said = messages
    .filter(({ role }) => role === 'user')
    .map(({ content }) => messageText(content).trim())
    .filter((text) => text !== '');
  const last = said.at(-1) ?? '';
  const before = said.at(-2);
  return cutQuestion(last.length < shortQuestion && before !== undefined ? `${before}\n${last}` : last);
}

/** The end of a question that is too long, made safe to store and to search with. */
export const cutQuestion = (text: string): string => storable(text.slice(-maxQuestion));
