import { InvalidRequestError, isId } from '#common';
import { parseFilter } from '../filter/metadata-filter.js';
import { assertText, checkContent } from '../ingest/item-check.js';
import type { SummaryWish, WorkingSetDefinition } from './working-set.js';

/** Most sets of a workspace: each is refreshed when its items change. */
export const maxSets = 50;
/** Most pins of a set. */
export const maxPinned = 50;
const maxQueries = 5;
const maxTopK = 20;
const maxTurns = 50;
const maxBudget = 100_000;
const maxSummary = 4_000;
const maxModel = 256;
const maxQueryChars = 8_000;
const maxSession = 200;

const name = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/;

/** Whether a text may name a set. What looks like an id may not: routes take either. */
export const isSetName = (text: string): boolean => name.test(text) && !isId(text);

/** @throws InvalidRequestError naming the field, as the wire writes it */
export function checkWorkingSet(set: WorkingSetDefinition): void {
  if (!isSetName(set.name)) {
    throw new InvalidRequestError(
      'name must be 1 to 100 letters, digits or any of . _ : @ -, begin with a letter or digit, and not be a UUID',
      'name',
    );
  }
  checkPins(set.pinnedItems);
  checkCount(set.queries, maxQueries, 'queries');
  for (const [i, { query, topK, session, filter }] of set.queries.entries()) {
    checkContent(query, `queries[${i}].query`, maxQueryChars);
    if (topK !== undefined) checkNumber(topK, maxTopK, `queries[${i}].top_k`);
    if (session !== undefined) assertText(session, `queries[${i}].session`, maxSession);
    if (filter !== undefined) parseFilter(filter, `queries[${i}].filter`);
  }
  if (set.session !== null) checkContent(set.session, 'session', maxSession);
  if (set.lastTurns !== null) checkNumber(set.lastTurns, maxTurns, 'last_turns');
  if (set.lastTurns !== null && set.session === null) {
    throw new InvalidRequestError('last_turns does not go without session', 'last_turns');
  }
  checkNumber(set.tokenBudget, maxBudget, 'token_budget');
  if (set.summary !== null) checkSummary(set.summary, set.tokenBudget);
}

function checkSummary({ model, maxTokens }: SummaryWish, tokenBudget: number): void {
  const param = 'summary.max_tokens';
  checkContent(model, 'summary.model', maxModel);
  checkNumber(maxTokens, maxSummary, param);
  if (maxTokens >= tokenBudget) {
    throw new InvalidRequestError(`${param} must be less than token_budget, ${tokenBudget}`, param);
  }
}

function checkPins(ids: string[]): void {
  checkCount(ids, maxPinned, 'pinned_items');
  for (const [i, id] of ids.entries()) {
    const param = `pinned_items[${i}]`;
    if (!isId(id)) throw new InvalidRequestError(`${param} is no id`, param);
    if (ids.indexOf(id) !== i) throw new InvalidRequestError(`${param} is pinned twice`, param);
  }
}

function checkCount(list: unknown[], most: number, param: string): void {
  if (list.length > most) throw new InvalidRequestError(`${param} may hold at most ${most}`, param);
}

function checkNumber(number: number, most: number, param: string): void {
  if (!Number.isInteger(number) || number < 1 || number > most) {
    throw new InvalidRequestError(`${param} must be a whole number from 1 to ${most}`, param);
  }
}
