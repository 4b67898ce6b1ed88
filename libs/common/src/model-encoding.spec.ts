import { expect, it } from 'vitest';
import { encodingOf } from './model-encoding.js';

it.each([
  ['openai/gpt-4', 'cl100k_base'],
  ['gpt-4-turbo', 'cl100k_base'],
  ['openai/gpt-3.5-turbo', 'cl100k_base'],
  ['openai/gpt-4o-mini', 'o200k_base'],
  ['openai/gpt-4.1', 'o200k_base'],
  ['gpt-5', 'o200k_base'],
  ['anthropic/claude-haiku-4.5', 'o200k_base'],
])('%s is counted by %s', (model, encoding) => {
  expect(encodingOf(model)).toBe(encoding);
});
