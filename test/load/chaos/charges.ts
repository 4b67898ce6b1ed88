import type { Books, LedgerRow } from './books.js';
import type { Call } from './call.js';
import { type Generation, generationsOf } from './truth.js';

/** Ledger and simulator, compared generation by generation. */
export interface Charges {
  /** Tokens that are owed, and tokens of the races that were charged. */
  readonly owed: number;
  readonly charged: number;
  readonly generations: number;
  /** Tokens that the upstream bills and the ledger must not hold. */
  readonly forgiven: number;
  readonly unknowable: number;
  readonly races: number;
  /** Each generation that is charged wrong, twice or not at all, and each charge for what was never served. */
  readonly problems: readonly string[];
}

/** Sums alone would let one mistake hide another, so each generation is looked at. */
export function compareCharges(books: Books, calls: readonly Call[]): Charges {
  const generations = generationsOf(books.served, calls);
  const known = new Map(generations.map((generation) => [generation.id, generation]));
  const rows = Map.groupBy(books.ledger, ({ generation_id }) => generation_id ?? '');
  const uncalledFor = books.ledger.filter(
    ({ generation_id, tokens }) => tokens > 0 && !known.has(generation_id ?? ''),
  );
  const problems = [
    ...generations.flatMap((generation) => faultOf(generation, rows.get(generation.id) ?? [])),
    ...uncalledFor.map(
      (row) => `${nameOf(row, calls)}: ${row.tokens} tokens, but of no generation that was served`,
    ),
  ];
  const having = (claim: Generation['claim']) => generations.filter((each) => each.claim === claim);
  const isOwed = ({ claim, id }: Generation) => claim === 'owed' || (claim === 'either' && rows.has(id));
  return {
    owed: sum(generations.filter(isOwed).map(({ tokens }) => tokens)),
    charged: sum(books.ledger.map(({ tokens }) => tokens)),
    generations: generations.length,
    forgiven: sum(having('forgiven').map(({ tokens }) => tokens)),
    unknowable: having('unknowable').length,
    races: having('either').length,
    problems,
  };
}

/** Whether there is nothing to wait for any more. */
export const isCalm = (books: Books, calls: readonly Call[]): boolean =>
  compareCharges(books, calls).problems.length === 0 &&
  books.days.every(({ quota, ledger }) => quota === ledger) &&
  books.held.length + books.onStream + books.spooled.length === 0;

/** Charged tokens of a generation against those that are owed for it. */
function faultOf(generation: Generation, rows: readonly LedgerRow[]): string[] {
  const { id, call, tokens, claim } = generation;
  const name = `${call?.kind.name ?? 'no call of ours'}: ${id} (${call?.phase ?? 'at no time'})`;
  const charging = rows.filter((row) => row.tokens > 0);
  if (charging.length > 1) return [`${name}: charged ${charging.length} times`];
  const [row] = charging;
  if (!row) return claim === 'owed' && tokens > 0 ? [`${name}: owes ${tokens} tokens, not charged`] : [];
  if (claim === 'unknowable') return [`${name}: charged ${row.tokens}, but no gateway can have known of it`];
  if (claim === 'forgiven') return [`${name}: charged ${row.tokens}, but its client was given nothing of it`];
  if (row.tokens !== tokens) return [`${name}: owes ${tokens}, charged ${row.tokens} (${row.source})`];
  return row.workspace_id === call?.caller.workspaceId ? [] : [`${name}: charged to another workspace`];
}

function nameOf({ id, request_id, generation_id, source }: LedgerRow, calls: readonly Call[]): string {
  const call = calls.find((each) => each.id === request_id);
  const said = `${source}, generation ${generation_id ?? 'not named'}`;
  return `${call?.kind.name ?? 'no call of ours'}: event ${id} (${call?.phase ?? 'at no time'}; ${said})`;
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
