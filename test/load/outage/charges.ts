import type { Run } from './record.js';

type Books = Pick<Run, 'calls' | 'served' | 'ledger'>;

/** Tokens that the tenant owes, by generation: of those that a client was given, as many as the simulator counts. */
export function owedIn({ calls, served }: Omit<Books, 'ledger'>): Map<string, number> {
  const tokens = new Map(served.map((call) => [call.id, call.prompt_tokens + call.completion_tokens]));
  const given = calls.flatMap(({ generationId }) => generationId ?? []);
  return new Map(given.map((id) => [id, tokens.get(id) ?? Number.NaN]));
}

/**
 * Ledger and simulator, compared generation by generation: sums alone would let one mistake hide another. What a gateway gave
 * up for another model is the operator's, and must not be charged.
 */
export function chargeProblems({ ledger, ...rest }: Books): string[] {
  const owed = owedIn(rest);
  const charged = Map.groupBy(ledger, ({ generation_id: id }) => id ?? '');
  const wrong = [...owed].flatMap(([id, tokens]) => {
    const rows = charged.get(id) ?? [];
    if (rows.length !== 1) return [`${id}: charged ${rows.length} times`];
    return rows[0]?.tokens === tokens ? [] : [`${id}: owes ${tokens}, charged ${rows[0]?.tokens}`];
  });
  const uncalledFor = ledger.filter(({ generation_id: id }) => !owed.has(id ?? ''));
  return [...wrong, ...uncalledFor.map(({ generation_id: id }) => `${id}: charged, but owed by nobody`)];
}
