import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { countTokens, estimateTokens, longestCountedText, messageText } from '#common';
import type { CompletionRequest } from '#llm-proxy';

/** What a chat template puts around a message and before the reply (OpenAI's cookbook, "How to count tokens with tiktoken"). */
const perMessage = 4;
const beforeReply = 3;

/** Shorter texts are counted as fast as they are found. */
const shortestKept = 64;
/** UTF-16 units of the texts that are remembered, and how long they are, in milliseconds. */
const mostKept = 8_000_000;
const keptMs = 10 * 60_000;

/** Tokens of a prompt before any provider has counted it. */
export interface PromptCount {
  tokens: number;
  /** False when a part of it was estimated, because counting all of it would hold up every other call. */
  isCounted: boolean;
}

/**
 * Counts prompts: what a reservation and an unfinished call go by. A conversation sends all its messages again with every turn,
 * so the counts of long ones are remembered for a while, each workspace's for itself.
 */
@Injectable()
export class PromptCounter {
  private readonly known = new LRUCache<string, number>({
    maxSize: mostKept,
    sizeCalculation: (_, text) => text.length,
    ttl: keptMs,
    ttlResolution: 1_000,
  });

  /** Texts that are not remembered are counted up to {@link longestCountedText} units of the prompt, and estimated after that. */
  count(
    workspaceId: string,
    {
      messages,
      instructions,
      givenTokens = 0,
    }: Pick<CompletionRequest, 'messages' | 'instructions' | 'givenTokens'>,
  ): PromptCount {
    const count = { tokens: givenTokens, isCounted: true };
    let left = longestCountedText;
    const add = (text: string): void => {
      const known = text.length < shortestKept ? undefined : this.known.get(workspaceId + text);
      if (known !== undefined) {
        count.tokens += known;
        return;
      }
      if (text.length > left) {
        count.isCounted = false;
        count.tokens += estimateTokens(text);
        return;
      }
      left -= text.length;
      const tokens = countTokens(text);
      count.tokens += tokens;
      if (text.length >= shortestKept) this.known.set(workspaceId + text, tokens);
    };
    if (instructions !== '') add(instructions);
    for (const { content } of messages) add(messageText(content));
    if (messages.length > 0) count.tokens += messages.length * perMessage + beforeReply;
    return count;
  }
}
