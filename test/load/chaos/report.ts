import { tableOf } from '../table.js';
import { percentile, plainMs } from './latency.js';
import type { Ending } from './plan.js';
import type { Run } from './record.js';
import { verdicts } from './verdicts.js';

/** Problems of one sort that are shown; the rest is counted, and listed in the file. */
const shown = 3;
const endings: readonly Ending[] = ['answered', 'refused', 'failed', 'broken off', 'left', 'lost', 'hung'];

/** Both tables, and the sorts of things that are wrong. */
export const reportOf = (run: Run): string =>
  ['', tableOf(disturbanceRows(run)), '', tableOf(bookRows(run)), ...problemLines(run, shown), ''].join('\n');

/** The same with everything that is wrong. */
export const wholeReportOf = (run: Run): string =>
  [tableOf(disturbanceRows(run)), '', tableOf(bookRows(run)), ...problemLines(run, Infinity), ''].join('\n');

function disturbanceRows({ calls, strikes }: Run): string[][] {
  const phases = [...new Set(calls.map(({ phase }) => phase))];
  const head = ['phase', 'broken', 'exact after', 'calls', ...endings, 'p50', 'p99', 'slowest', 'what'];
  const rows = phases.map((phase) => {
    const own = calls.filter((call) => call.phase === phase);
    const strike = strikes.find(({ name }) => name === phase);
    const times = plainMs(calls, phase);
    return [
      phase,
      strike ? seconds(strike.brokenMs) : '',
      strike ? seconds(strike.recoveredMs) : '',
      String(own.length),
      ...endings.map((ending) => String(own.filter((call) => call.ending === ending).length)),
      `${percentile(times, 50)} ms`,
      `${percentile(times, 99)} ms`,
      `${Math.max(0, ...own.map(({ startedAt, endedAt }) => endedAt - startedAt))} ms`,
      strike?.struck ?? '',
    ];
  });
  return [head, ...rows];
}

const bookRows = (run: Run): string[][] => [
  ['what must hold', 'holds', 'figures'],
  ...Object.entries(verdicts).map(([name, judge]) => {
    const { figures, problems } = judge(run);
    return [name, problems.length === 0 ? 'yes' : 'NO', figures];
  }),
];

const problemLines = (run: Run, most: number): string[] =>
  Object.entries(verdicts).flatMap(([name, judge]) => {
    const { problems } = judge(run);
    // What stands before the colon is the sort: a kind of call, mostly.
    const sorts = [...Map.groupBy(problems, (problem) => problem.split(':', 1)[0] ?? '').values()];
    const lines = sorts.flatMap((sort) => {
      const more = sort.length - most;
      return [...sort.slice(0, most), ...(more > 0 ? [`  and ${more} more`] : [])];
    });
    return problems.length === 0 ? [] : ['', `${name}: NO`, ...lines.map((line) => `  ${line}`)];
  });

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
