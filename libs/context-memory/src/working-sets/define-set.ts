import type { WorkingSetDefinition } from './working-set.js';
import { checkWorkingSet } from './working-set-check.js';

/** A set to be made: what is left out is empty, the budget CONTEXT_TOKEN_BUDGET. */
export type NewWorkingSet = Partial<WorkingSetDefinition> & Pick<WorkingSetDefinition, 'name'>;

const defaultTurns = 10;

/** The whole definition. @param budget in tokens, where none is named @throws InvalidRequestError naming the field */
export function defineSet(asked: NewWorkingSet, budget: number): WorkingSetDefinition {
  const { name, pinnedItems, takesPinned, queries, session, lastTurns, tokenBudget, summary } = asked;
  const set = {
    name,
    pinnedItems: (pinnedItems ?? []).map((id) => id.toLowerCase()),
    takesPinned: takesPinned ?? false,
    queries: queries ?? [],
    session: session ?? null,
    lastTurns: lastTurns ?? (session == null ? null : defaultTurns),
    tokenBudget: tokenBudget ?? budget,
    summary: summary ?? null,
  };
  checkWorkingSet(set);
  return set;
}
