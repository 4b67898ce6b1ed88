import type { RecallResult } from '#context-memory';

type Block = Pick<RecallResult['context'], 'text' | 'tokens'>;

/** Blocks as they go into one message, in their order; empty when all are. A line end between two is a token at most. */
export function joinBlocks(blocks: (Block | undefined)[]): Block {
  const filled = blocks.flatMap((block) => (block && block.tokens > 0 ? block : []));
  return {
    text: filled.map(({ text }) => text).join('\n'),
    tokens: filled.reduce((sum, { tokens }) => sum + tokens, Math.max(0, filled.length - 1)),
  };
}
