import { countTokens, estimateTokens } from '#common';
import type { ChatMessage, CompletionRequest } from '#llm-proxy';

/** Longer texts are estimated: counting a whole book would hold up every other call. */
const longestCounted = 200_000;
/** What a chat template puts around a message, roughly (OpenAI's cookbook counts 3, and a name one more). */
const perMessage = 4;

/** Our count of a prompt, before the provider has counted it: what a reservation and an unfinished call go by. */
export function promptTokens({ messages }: CompletionRequest): number {
  const text = messages.map(textOf).join('\n');
  const count = text.length > longestCounted ? estimateTokens(text) : countTokens(text);
  return count + messages.length * perMessage;
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join('\n');
}
