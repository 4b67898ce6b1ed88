import { messageText } from '#common';
import { contentHash, normaliseText } from '../ingest/content-hash.js';
import type { ChatMessage } from './query-text.js';

/** Characters of a sentence that two people do not say by chance; shorter ones prove nothing. */
const tellingLength = 24;
/** Share of a text's telling sentences that makes it said. */
const saidShare = 0.8;

/** The latest so many messages are compared with what is stored; only they can be near the question. */
const maxMessages = 1_000;

/** The hashes that the messages' texts have as items. */
export const saidHashes = (messages: ChatMessage[]): Set<string> =>
  new Set(
    messages
      .slice(-maxMessages)
      .map(({ content }) => messageText(content))
      .filter((text) => text.trim() !== '')
      .map(contentHash),
  );

/** Whether a text is in a conversation already. @param isPart it is a piece of a longer text, which may have been said whole */
export type SaidTest = (content: string, isPart: boolean) => boolean;

/**
 * What a conversation says itself need not be recalled into it. A text was said when a message is that text (by normal form), or
 * when most of its sentences were, in whatever message: a turn that was cut, quoted or wrapped anew.
 */
export function saidIn(messages: ChatMessage[]): SaidTest {
  const texts = messages.map(({ content }) => messageText(content));
  const whole = new Set(texts.map(normaliseText));
  const sentences = new Set(texts.flatMap(tellingSentences));
  return (content, isPart) => {
    const text = normaliseText(content);
    if (whole.has(text)) return true;
    if (isPart && [...whole].some((message) => message.includes(text))) return true;
    const telling = tellingSentences(content);
    const said = lengthOf(telling.filter((sentence) => sentences.has(sentence)));
    return said > 0 && said >= saidShare * lengthOf(telling);
  };
}

const tellingSentences = (text: string): string[] =>
  text
    .split(/\n+|(?<=[.!?。！？])\s+/u)
    .map(normaliseText)
    .filter((sentence) => sentence.length >= tellingLength);

const lengthOf = (sentences: string[]): number => sentences.reduce((sum, { length }) => sum + length, 0);
