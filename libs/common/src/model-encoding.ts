import type { TokenEncoding } from './tokens.js';

/** OpenAI's models before GPT-4o: `gpt-4`, `gpt-4-turbo`, `gpt-4-0613`, `gpt-3.5-turbo`; not `gpt-4o`, `gpt-4.1`. */
const before4o = /^(?:.*\/)?gpt-(?:4|3\.5)(?:-|$)/;

/** The vocabulary that a model is counted by: its own where we have it, the newest where nobody publishes one. */
export const encodingOf = (model: string): TokenEncoding =>
  before4o.test(model) ? 'cl100k_base' : 'o200k_base';
