import { countOrEstimateTokens, messageText } from '#common';
import type { CompletionRequest } from '#llm-proxy';

/** What a chat template puts around a message, roughly (OpenAI's cookbook counts 3, and a name one more). */
const perMessage = 4;

/** Our count of a prompt, before the provider has counted it: what a reservation and an unfinished call go by. */
export const promptTokens = ({ messages, instructions, givenTokens = 0 }: CompletionRequest): number =>
  countOrEstimateTokens([instructions, ...messages.map(({ content }) => messageText(content))].join('\n')) +
  messages.length * perMessage +
  givenTokens;
