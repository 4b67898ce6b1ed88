import { failed } from './call.js';
import { chargeProblems, owedIn } from './charges.js';
import { fallback, gateways, minCalls, primary } from './plan.js';
import type { BreakerEvent, Run, State } from './record.js';

/** One line of the table of what must hold. It holds when there is no problem. */
export interface Verdict {
  readonly figures: string;
  readonly problems: readonly string[];
}

/** A call that a gateway had begun just before its breaker opened may reach the upstream so much later. */
const onItsWayMs = 250;
const states: readonly State[] = ['open', 'half_open', 'closed'];

/** Everything a run must show, by the name it has in the table. */
export const verdicts: Readonly<Record<string, (run: Run) => Verdict>> = {
  'no client saw an error': ({ calls }) => {
    const errors = calls.filter(failed);
    return {
      figures: `${calls.length} calls, ${calls.filter(({ stream }) => stream).length} of them streams, ${errors.length} errors`,
      problems: errors.map(({ stream, status }) => `${stream ? 'stream' : 'json'}: status ${status}`),
    };
  },
  'the breaker opened soon': (run) => {
    const openedAt = momentOf(run, 'breaker_opened');
    const failures = run.served.filter(
      ({ model, status, ended_at: at }) =>
        model === primary && status >= 500 && Date.parse(at ?? '') <= openedAt,
    );
    const most = gateways * minCalls;
    const figures = `after ${failures.length} failures of at most ${most} (${minCalls} a gateway), ${seconds(openedAt - failsFrom(run))} in`;
    return { figures, problems: failures.length > 0 && failures.length <= most ? [] : [figures] };
  },
  'the primary was spared while it was open': (run) => {
    const from = openEverywhereAt(run) + onItsWayMs;
    const to = momentOf(run, 'breaker_closed');
    const isBetween = (at: number) => at > from && at < to;
    const asked = run.served.filter(
      (call) => call.model === primary && isBetween(Date.parse(call.started_at)),
    );
    const trials = run.events.filter(({ event, at }) => event === 'breaker_half_open' && isBetween(at));
    const calls = run.calls.filter(({ startedAt }) => isBetween(startedAt));
    const figures = `${asked.length} calls to it in ${seconds(to - from)}, ${trials.length} trials, while clients made ${calls.length}`;
    return { figures, problems: trials.length > 0 && asked.length <= trials.length ? [] : [figures] };
  },
  'the fallback served meanwhile': (run) => {
    const calls = run.calls.filter(
      ({ startedAt }) => startedAt >= failsFrom(run) && startedAt < recoversAt(run),
    );
    const others = calls.filter(({ model }) => model !== fallback);
    const figures = `${calls.length - others.length} of ${calls.length} calls in ${seconds(recoversAt(run) - failsFrom(run))}`;
    return {
      figures,
      problems: others.length === 0 && recoversAt(run) - failsFrom(run) >= 30_000 ? [] : [figures],
    };
  },
  'it closed by itself': (run) => {
    const closedAt = momentOf(run, 'breaker_closed');
    const after = run.calls.filter(({ startedAt }) => startedAt > closedAt + onItsWayMs);
    const back = after.filter(({ model }) => model === primary);
    const figures = `${seconds(closedAt - recoversAt(run))} after the primary was well; then it served ${back.length} of ${after.length}`;
    const isGood = closedAt > recoversAt(run) && after.length > 0 && back.length === after.length;
    return { figures, problems: isGood ? [] : [figures] };
  },
  'the log told each step': ({ events }) => {
    const count = (event: BreakerEvent['event']) => events.filter((each) => each.event === event).length;
    const figures = `${count('breaker_opened')} opened, ${count('breaker_half_open')} half-open, ${count('breaker_closed')} closed`;
    const isTold = count('breaker_opened') > gateways && count('breaker_half_open') > 1;
    return { figures, problems: isTold && count('breaker_closed') === gateways ? [] : [figures] };
  },
  'health showed each step': (run) => shown(run, 'health'),
  'metrics showed each step': (run) => shown(run, 'metrics'),
  'the ledger says what the simulator says': (run) => {
    const owed = sum(owedIn(run).values());
    const charged = sum(run.ledger.map(({ tokens }) => tokens));
    const figures = `ledger ${charged}, simulator ${owed} tokens, ${run.ledger.length} charges`;
    return { figures, problems: chargeProblems(run) };
  },
};

/** Closed at first, then open, half-open and closed in the end, as a monitor saw it. */
function shown({ sightings }: Run, source: 'health' | 'metrics'): Verdict {
  const seen = sightings.map((sighting) => sighting[source]);
  const counts = states.map((state) => seen.filter((all) => all.includes(state)).length);
  const allClosed = (all: readonly State[] | undefined) => all?.every((state) => state === 'closed') ?? false;
  const figures = states.map((state, i) => `${state} ${counts[i]}`).join(', ') + ` of ${seen.length} looks`;
  const isGood = counts.every((count) => count > 0) && allClosed(seen[0]) && allClosed(seen.at(-1));
  return { figures, problems: isGood ? [] : [figures] };
}

/** The first line of an event in any log; never, when there is none. */
const momentOf = ({ events }: Run, wanted: BreakerEvent['event']): number =>
  events.find(({ event }) => event === wanted)?.at ?? Infinity;

/** When the last gateway knew. */
const openEverywhereAt = ({ events }: Run): number => {
  const opened = events.filter(({ event }) => event === 'breaker_opened');
  const firsts = [...Map.groupBy(opened, ({ gateway }) => gateway).values()].map(
    ([first]) => first?.at ?? Infinity,
  );
  return firsts.length < gateways ? Infinity : Math.max(...firsts);
};

const failsFrom = ({ phases }: Run): number => phases.find(({ fault }) => fault)?.startedAt ?? Infinity;

const recoversAt = ({ phases }: Run): number => phases.at(-1)?.startedAt ?? Infinity;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);
