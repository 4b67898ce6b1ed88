import { beginsIban, isIban, passesLuhn } from './checksums.js';
import { type GroupedNumber, maskGroups } from './mask-groups.js';
import { digitRuns, emailPattern, phonePatterns, secretPatterns, wordRuns } from './patterns.js';
import { markOf, type PiiClass, piiClasses, type RedactionCounts } from './pii-class.js';

/** Payment cards: 13 to 19 digits, the first of which names an industry that issues them. */
const cards: GroupedNumber = {
  runs: digitRuns,
  longest: 19,
  begins: (group) => group >= '2' && group < '7',
  accepts: (digits) => digits.length >= 13 && passesLuhn(digits),
};

const ibans: GroupedNumber = { runs: wordRuns, longest: 34, begins: beginsIban, accepts: isIban };

type Mask = (text: string, mark: () => string) => string;

const masks: Record<PiiClass, Mask> = {
  api_key: (text, mark) => secretPatterns.reduce((rest, pattern) => rest.replace(pattern, mark), text),
  email: (text, mark) => text.replace(emailPattern, mark),
  iban: (text, mark) => maskGroups(text, ibans, mark),
  card: (text, mark) => maskGroups(text, cards, mark),
  phone: (text, mark) => phonePatterns.reduce((rest, pattern) => rest.replace(pattern, mark), text),
};

/**
 * The text with a mark, `[EMAIL]`, for everything that belongs to one of the classes. By form, and checksums where there are
 * any: names and addresses are not found, nor what touches a word or another number. Linear in the text.
 */
export function redactText(
  text: string,
  classes: readonly PiiClass[],
): { text: string; counts: RedactionCounts } {
  const counts: RedactionCounts = {};
  let rest = text;
  // In the order of the list: a key may hold an address, an account number a card's.
  for (const name of piiClasses) {
    if (!classes.includes(name)) continue;
    rest = masks[name](rest, () => {
      counts[name] = (counts[name] ?? 0) + 1;
      return markOf(name);
    });
  }
  return { text: rest, counts };
}
