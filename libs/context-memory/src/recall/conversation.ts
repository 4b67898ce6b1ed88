import { messageText } from '#common';
import { contentHash, normaliseText } from '../ingest/content-hash.js';
import type { ChatMessage } from './query-text.js';

/** Characters of a sentence that two people do not say by chance; shorter ones prove nothing. */
const tellingLength = 24;
/** Share of a text's telling sentences that makes it said. */
const saidShare = 0.8;

/** UTF-16 units of messages that are read sentence by sentence: some milliseconds. */
const maxRead = 200_000;
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

/**
 * What a conversation says itself need not be recalled into it. A text was said when most of its telling sentences were, in
 * whatever message: a turn that was cut or quoted, a part of a document that was pasted. Texts that are a message
 * word for word are known by their hashes, above.
 */
export function saidIn(messages: ChatMessage[]): (content: string) => boolean {
  const said = new Set(latestTexts(messages).flatMap(tellingSentences));
  return (content) => {
    const telling = tellingSentences(content);
    const known = lengthOf(telling.filter((sentence) => said.has(sentence)));
    return known > 0 && known >= saidShare * lengthOf(telling);
  };
}

/** From the last message backwards, until enough was read. */
function latestTexts(messages: ChatMessage[]): string[] {
  const texts: string[] = [];
  let left = maxRead;
  for (const { content } of messages.toReversed()) {
    const text = messageText(content).slice(-left);
    texts.push(text);
    left -= text.length;
    if (left <= 0) break;
  }
  return texts;
}

const tellingSentences = (text: string): string[] =>
  text
    .split(/\n+|(?<=[.!?。！？])\s+/u)
    .map(normaliseText)
    .filter((sentence) => sentence.length >= tellingLength);

const lengthOf = (sentences: string[]): number => sentences.reduce((sum, { length }) => sum + length, 0);
