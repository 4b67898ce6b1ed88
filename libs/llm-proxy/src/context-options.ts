import { InvalidRequestError, type JsonObject, parseJson } from '#common';
import { readBoolean, readChoice, readCount, readName, readObject, readShare } from './request-fields.js';

/**
 * Where recalled context goes. Before the last user message: the question is what the model reads last. After it: a provider's cache
 * then takes that message, too, for the next call.
 */
export type Placement = 'before_question' | 'after_question';
const placements: readonly Placement[] = ['before_question', 'after_question'];

/** What a chat call asks of memory: our one extension of the OpenAI body. */
export interface ContextOptions {
  recall?: boolean;
  session?: string;
  /** Tokens of recalled context at most. */
  tokenBudget?: number;
  /** Put in nothing where what is stored is less likely to be of use, 0 to 1. */
  minRelevance?: number;
  filter?: JsonObject;
  /** `before_question` when absent. */
  placement?: Placement;
  /** Name or id of a working set to put in whole. */
  workingSet?: string;
  /** Store the turn when it is complete. */
  save?: boolean;
}

const known: ReadonlySet<string> = new Set([
  'recall',
  'session',
  'token_budget',
  'min_relevance',
  'filter',
  'placement',
  'working_set',
  'save',
]);

const largestBudget = 1_000_000;

/**
 * Checks the `context` member.
 * @throws InvalidRequestError that names `context.<member>`, also for a member we do not know: a typing mistake must not
 *   silently mean "no memory".
 */
export function readContextOptions(value: unknown): ContextOptions | undefined {
  const context = readObject(value, 'context');
  if (context === undefined) return undefined;
  for (const name of Object.keys(context)) {
    if (!known.has(name)) throw new InvalidRequestError(`Unknown field 'context.${name}'`, `context.${name}`);
  }
  return {
    recall: readBoolean(context['recall'], 'context.recall'),
    session: readName(context['session'], 'context.session'),
    tokenBudget: readCount(context['token_budget'], 'context.token_budget', largestBudget),
    minRelevance: readShare(context['min_relevance'], 'context.min_relevance'),
    filter: readObject(context['filter'], 'context.filter'),
    placement: readChoice(context['placement'], 'context.placement', placements),
    workingSet: readName(context['working_set'], 'context.working_set'),
    save: readBoolean(context['save'], 'context.save'),
  };
}

const headerNames = [...known].map((name) => [name, `x-context-${name.replaceAll('_', '-')}`] as const);

type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The same options from `x-context-recall: true`, `x-context-token-budget: 500`, …, for clients whose SDK cannot add to the
 * body. Undefined when there are none.
 * @throws InvalidRequestError that names the option as in the body.
 */
export function contextOptionsInHeaders(headers: RequestHeaders): ContextOptions | undefined {
  const given: JsonObject = {};
  for (const [name, header] of headerNames) {
    const text = headers[header];
    // Names stay text; the others are JSON: true, 500, {"kind": "note"}. What is none is refused by its reader.
    if (typeof text === 'string') given[name] = textual.has(name) ? text : (parseJson(text) ?? text);
  }
  return Object.keys(given).length === 0 ? undefined : readContextOptions(given);
}

const textual: ReadonlySet<string> = new Set(['session', 'working_set', 'placement']);
