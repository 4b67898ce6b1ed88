import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { countTokens, estimateTokens, longestCountedText, messageText } from '#common';
import type { CompletionRequest } from '#llm-proxy';

/** What a chat template puts around a message and before the reply (OpenAI's cookbook, "How to count tokens with tiktoken"). */
const perMessage = 4;
const beforeReply = 3;

/** Texts are remembered up to so many UTF-16 units, for ten minutes. */
const aging = { maxSize: 8_000_000, ttl: 10 * 60_000, ttlResolution: 1_000 };
/** Texts that more than one conversation may have, such as a system prompt, are remembered by themselves from this length on. */
const shortestShared = 1_000;

/** Tokens of a prompt before any provider has counted it. */
export interface PromptCount {
  tokens: number;
  /** False when a part of it was estimated, because counting all of it would hold up every other call. */
  isCounted: boolean;
}

interface CountedText {
  readonly text: string;
  readonly tokens: number;
  readonly isCounted: boolean;
}

/**
 * Counts prompts: what a reservation and an unfinished call go by. A conversation sends all its messages again with every turn, so
 * the counts of its last turn are remembered for a while, beside the texts: to compare a text is several times cheaper than to
 * look it up. Each workspace's are for itself.
 */
@Injectable()
export class PromptCounter {
  private readonly conversations = new LRUCache<string, readonly CountedText[]>({
    ...aging,
    sizeCalculation: (texts) => texts.reduce((size, { text }) => size + text.length, 1),
  });
  private readonly shared = new LRUCache<string, number>({
    ...aging,
    sizeCalculation: (_, text) => text.length,
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
    const texts = [instructions, ...messages.map(({ content }) => messageText(content))];
    const name = `${workspaceId} ${beginningOf(texts)}`;
    const before = this.conversations.get(name) ?? [];
    let left = longestCountedText;
    const counted = texts.map((text, i) => {
      const same = before[i];
      if (same?.text === text && same.isCounted) return same;
      const one = this.countText(workspaceId, text, left);
      if (one.isCounted) left -= text.length;
      return one;
    });
    this.conversations.set(name, counted);
    const template = messages.length > 0 ? messages.length * perMessage + beforeReply : 0;
    return {
      tokens: counted.reduce((sum, { tokens }) => sum + tokens, givenTokens + template),
      isCounted: counted.every(({ isCounted }) => isCounted),
    };
  }

  /** @param limit units; a text that is longer, and not remembered, is estimated */
  private countText(workspaceId: string, text: string, limit: number): CountedText {
    const name = text.length < shortestShared ? undefined : workspaceId + text;
    const known = name === undefined ? undefined : this.shared.get(name);
    if (known !== undefined) return { text, tokens: known, isCounted: true };
    if (text.length > limit) return { text, tokens: estimateTokens(text), isCounted: false };
    const tokens = countTokens(text);
    if (name !== undefined) this.shared.set(name, tokens);
    return { text, tokens, isCounted: true };
  }
}

/** What a conversation is likely to be told by from others; if it is not, its texts are counted once more. */
const beginningOf = ([instructions = '', first = '', second = '']: string[]): string =>
  [instructions, first, second].map((text) => `${text.length}${text.slice(0, 16)}`).join(' ');
