import type { Books } from './books.js';
import type { Call } from './call.js';
import { compareCharges } from './charges.js';
import { disturbances, frozenRedis } from './disturbances.js';
import { percentile, plainMs } from './latency.js';
import { kinds, quotaCall, quotaPlaces, slotCall, slots } from './plan.js';
import type { Run } from './record.js';
import { diedInHand, mostAtOnce } from './truth.js';

/** One line of the books' table. It holds when there is no problem. */
export interface Verdict {
  readonly figures: string;
  readonly problems: readonly string[];
}

/** How much slower the slowest of a hundred calls may be when Redis hangs. */
const addedByFrozenRedisMs = 150;

const inBooks = (test: (books: Books) => Verdict) => (run: Run) => test(run.books);

/** Everything a run must show, by the name it has in the table. */
export const verdicts: Readonly<Record<string, (run: Run) => Verdict>> = {
  'each generation is charged once, with its tokens': ({ books, calls }) => {
    const { problems, ...sums } = compareCharges(books, calls);
    const others = `${sums.forgiven} forgiven, ${sums.generations} generations, ${sums.unknowable} unknowable, ${sums.races} races`;
    return { figures: `ledger ${sums.charged}, simulator ${sums.owed} tokens; ${others}`, problems };
  },
  'no event is there twice': inBooks(({ ledger }) => ({
    figures: `${ledger.length} events`,
    problems: [...Map.groupBy(ledger, ({ id }) => id)]
      .filter(([, rows]) => rows.length > 1)
      .map(([id, rows]) => `event ${id} is there ${rows.length} times`),
  })),
  'quota keys say what the ledger says': inBooks(({ days }) => ({
    figures: days.map(({ quota, ledger }) => `${quota ?? 'none'}/${ledger}`).join(' '),
    problems: days
      .filter(({ quota, ledger }) => quota !== ledger)
      .map(({ workspaceId, quota, ledger }) => `${workspaceId}: quota ${quota ?? 'none'}, ledger ${ledger}`),
  })),
  'no reservation and no slot is held': inBooks(({ held }) => ({
    figures: `${held.reduce((sum, { members }) => sum + members, 0)} members`,
    problems: held.map(({ key, members }) => `${key} has ${members}`),
  })),
  'stream and spool are empty': inBooks(({ onStream, spooled }) => ({
    figures: `${onStream} messages, ${spooled.length} files`,
    problems: onStream + spooled.length === 0 ? [] : [`${onStream} messages, files: ${spooled.join(' ')}`],
  })),
  'reconciliation can be asked for': ({ reconciles }) => ({
    figures: reconciles ? 'yes' : 'no',
    problems: reconciles ? [] : ['POST /admin/reconciliation was refused'],
  }),
  'the tight quota sold its places and no more': ({ books, calls, quota }) => {
    const used = books.served.filter(({ user }) => user === quotaCall.name).slice(1);
    const tokens = used.reduce((sum, call) => sum + call.prompt_tokens + call.completion_tokens, 0);
    const figures = `${used.length} of ${quotaPlaces} calls, ${tokens} of ${quota} tokens, ${refused(calls, quotaCall.name)} refused`;
    return { figures, problems: used.length === quotaPlaces && tokens <= quota ? [] : [figures] };
  },
  'the tight slots were all taken and no more': ({ books, calls }) => {
    const most = mostAtOnce(books.served, slotCall.name);
    const figures = `${most} of ${slots} at once, ${refused(calls, slotCall.name)} refused`;
    return { figures, problems: most === slots ? [] : [figures] };
  },
  'every call ended': ({ calls }) => {
    const slowest = calls.reduce((slow, call) => (msOf(call) > msOf(slow) ? call : slow));
    const hung = calls.filter(({ ending }) => ending === 'hung');
    return {
      figures: `${calls.length} calls, slowest ${msOf(slowest)} ms (${slowest.kind.name}, ${slowest.phase})`,
      problems: hung.map(({ id, kind, phase }) => `${kind.name}: ${id} (${phase}) hung`),
    };
  },
  'calls that ask for nothing odd are answered': ({ calls }) => {
    const plain = calls.filter(({ kind }) => kind.wanted === 'answered' && kind.share > 0);
    const wrong = plain.filter((call) => call.ending !== 'answered' && !isExcused(call));
    return {
      figures: `${plain.length - wrong.length} of ${plain.length}`,
      problems: wrong.map(
        ({ id, kind, phase, ending, status }) => `${kind.name}: ${id} (${phase}) ${ending}, status ${status}`,
      ),
    };
  },
  'a frozen Redis adds at most 150 ms to p99': ({ calls }) => {
    const before = percentile(plainMs(calls, 'before'), 99);
    const frozen = percentile(plainMs(calls, frozenRedis.name), 99);
    const figures = `p99 ${before} ms before, ${frozen} ms frozen`;
    return { figures, problems: frozen - before <= addedByFrozenRedisMs ? [] : [figures] };
  },
  'everything planned did happen': ({ calls, strikes }) => {
    const missing = kinds.filter(
      ({ name, wanted }) => !calls.some(({ kind, ending }) => kind.name === name && ending === wanted),
    );
    return {
      figures: `${kinds.length - missing.length} of ${kinds.length} kinds of calls, ${strikes.length} of ${disturbances.length} disturbances`,
      problems: missing.map(({ name, wanted }) => `no '${name}' was ${wanted}`),
    };
  },
};

const msOf = ({ startedAt, endedAt }: Call): number => endedAt - startedAt;

const refused = (calls: readonly Call[], kind: string): number =>
  calls.filter((call) => call.kind.name === kind && call.ending === 'refused').length;

/** Its gateway was killed; or PostgreSQL was away when its key had to be looked up, which is said and not hidden. */
const isExcused = (call: Call): boolean =>
  (call.ending === 'lost' && diedInHand(call)) || (call.status === 503 && call.phase.includes('PostgreSQL'));
