/** Words of a question at most; with more of a text at hand nothing would ever be missed. */
const longestQuestion = 12;
/** Fewer say nothing. */
const shortestQuestion = 3;
/** UTF-16 units that are read of a text. */
const readUpTo = 600;

/**
 * What somebody might ask who has forgotten the word that matters: the beginning of a text without its longest word, which stands
 * for its most telling one, because rare words are long (Zipf 1935, "The Psycho-Biology of Language").
 * @returns undefined for a text too short to be asked for
 */
export function maskedQuestion(content: string): string | undefined {
  const words =
    content
      .slice(0, readUpTo)
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, longestQuestion + 1) ?? [];
  const masked = words
    .reduce((longest, word) => (word.length > longest.length ? word : longest), '')
    .toLowerCase();
  const rest = words.filter((word) => word.toLowerCase() !== masked);
  return rest.length < shortestQuestion ? undefined : rest.join(' ');
}
