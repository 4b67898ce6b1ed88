import { countTokens as countSlice, isWithinTokenLimit } from 'gpt-tokenizer/encoding/o200k_base';

// The merge is quadratic in a run without a break: 100,000 CJK characters take most of a minute. Cut, they take 10 ms.
const longRun = /\S{257,}|\s{257,}/gu;
const runSlice = /[^]{1,256}/gu;
// Text such as `<|endoftext|>` is a user's text here, not a command, and must not throw.
const asPlainText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

function* slices(text: string): Generator<string> {
  let end = 0;
  for (const run of text.matchAll(longRun)) {
    if (run.index > end) yield text.slice(end, run.index);
    yield* run[0].match(runSlice) ?? [];
    end = run.index + run[0].length;
  }
  if (end < text.length) yield text.slice(end);
}

/** Tokens of a text in o200k_base; safe for any input, special tokens count as plain text. */
export function countTokens(text: string): number {
  let tokens = 0;
  for (const slice of slices(text)) tokens += countSlice(slice, asPlainText);
  return tokens;
}

// By search, not by decoding tokens: the library's decoder keeps the bytes of a half character for its next call.
function cut(slice: string, limit: number): string {
  const characters = Array.from(slice);
  let [fits, tooLong] = [0, characters.length];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (isWithinTokenLimit(characters.slice(0, middle).join(''), limit, asPlainText) === false)
      tooLong = middle;
    else fits = middle;
  }
  return characters.slice(0, fits).join('');
}

/** A beginning of the text within `limit` tokens, as long as can be, that does not end inside a character. */
export function firstTokens(text: string, limit: number): string {
  let kept = '';
  let left = limit;
  for (const slice of slices(text)) {
    const tokens = isWithinTokenLimit(slice, left, asPlainText);
    if (tokens === false) return kept + cut(slice, left);
    kept += slice;
    left -= tokens;
  }
  return text;
}
