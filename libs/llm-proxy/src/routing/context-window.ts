import type { CatalogueModel } from '../catalogue/catalogue-model.js';
import { ContextLengthError } from '../llm-proxy.errors.js';

/** What a call needs of a model's window. */
export interface PromptSize {
  /** Our count of the prompt. */
  tokens: number;
  /** Counted with OpenAI's vocabulary; a longer text is estimated. */
  isCounted: boolean;
  /** It holds tools or the shape of an answer, which providers put into words of their own. */
  isReworded: boolean;
  /** Where the caller put it, for the refusal. */
  param: 'messages' | 'prompt';
  /** Tokens asked for the completion; 0 when the call sets no limit. */
  answer: number;
}

/** Of a catalogue, just this. */
type Find = (id: string) => Pick<CatalogueModel, 'contextLength' | 'tokenizer'> | undefined;

/**
 * Share of a counted prompt that OpenAI's models need for certain. Over 289 texts (13 languages, code, JSON) their older
 * vocabulary never took under 0.967 of the tokens of the one we count with; the rest is for the framing of messages.
 */
const countedShare = 0.9;
/** An estimate is up to a quarter too high on code, numbers and base64. */
const estimatedShare = 0.75;
/**
 * Of that, the share for other makers' tokenizers, and for what is reworded. Doubling a vocabulary from 100,000 to 200,000 entries saved at most a
 * sixth, in the script it served worst; theirs have up to 262,000, and may favour a script that OpenAI's neglects.
 */
const foreignShare = 2 / 3;

/**
 * The routes a prompt may take, in the order to try them: those it fits by our count, then those it may fit after all.
 * Left out are those it is certainly too long for. A model whose window is not known fits.
 *
 * @throws ContextLengthError when no route is left, with the window of the largest
 */
export function routesThatFit(
  routes: readonly [string, ...string[]],
  size: PromptSize,
  find: Find,
): [string, ...string[]] {
  const windows = routes.map((route) => ({ route, ...windowOf(find(route)) }));
  const [first, ...rest] = windows
    .filter(({ window, isOurs }) => leastTokens(size, isOurs) <= window)
    .toSorted((a, b) => Number(isOver(a.window, size)) - Number(isOver(b.window, size)))
    .map(({ route }) => route);
  if (first !== undefined) return [first, ...rest];
  throw new ContextLengthError(Math.max(...windows.map(({ window }) => window)), size);
}

/**
 * Tokens that a model's window leaves beside the prompt and the answer, by our count; Infinity when it is not known.
 * @param usualAnswer tokens kept free for the answer of a call that sets no limit, but never over a quarter of the window
 */
export function roomIn(id: string, size: PromptSize, usualAnswer: number, find: Find): number {
  const { window } = windowOf(find(id));
  const answer = size.answer || Math.min(usualAnswer, window / 4);
  return Math.max(0, Math.floor(window - size.tokens - answer));
}

/** What the prompt needs at the very least, whoever counts it, and the answer that is asked for. */
function leastTokens({ tokens, isCounted, isReworded, answer }: PromptSize, isOurs: boolean): number {
  const share = (isCounted ? countedShare : estimatedShare) * (isOurs && !isReworded ? 1 : foreignShare);
  return Math.floor(tokens * share) + answer;
}

const isOver = (window: number, { tokens, answer }: PromptSize): boolean => tokens + answer > window;

const windowOf = (model: ReturnType<Find>) => ({
  window: model?.contextLength ?? Infinity,
  isOurs: model?.tokenizer === 'GPT',
});
