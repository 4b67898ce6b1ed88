import { percentile } from '../chaos/latency.js';
import { tableOf } from '../table.js';
import { failed } from './call.js';
import { fallback, primary } from './plan.js';
import type { Run, State } from './record.js';
import { verdicts } from './verdicts.js';

/** Problems of one line that are shown; the rest is counted. */
const shown = 3;

/** The run second by second, each step as the logs tell it, and what must hold. */
export const reportOf = (run: Run): string =>
  [
    '',
    tableOf(secondRows(run)),
    '',
    tableOf(eventRows(run)),
    '',
    tableOf(verdictRows(run)),
    ...problemLines(run),
    '',
  ].join('\n');

function secondRows({ calls, sightings, served, phases }: Run): string[][] {
  const startedAt = phases[0]?.startedAt ?? 0;
  const secondOf = (at: number) => Math.floor((at - startedAt) / 1_000);
  const byCall = Map.groupBy(calls, (call) => secondOf(call.startedAt));
  const bySighting = Map.groupBy(sightings, ({ at }) => secondOf(at));
  const toPrimary = Map.groupBy(
    served.filter(({ model }) => model === primary),
    (call) => secondOf(Date.parse(call.started_at)),
  );
  const rows = [...byCall.keys()]
    .filter((second) => second >= 0)
    .toSorted((a, b) => a - b)
    .map((second) => {
      const own = byCall.get(second) ?? [];
      const seen = bySighting.get(second) ?? [];
      return [
        String(second),
        phases.findLast((phase) => secondOf(phase.startedAt) <= second)?.name ?? '',
        String(own.length),
        String(own.filter(({ model }) => model === primary).length),
        String(own.filter(({ model }) => model === fallback).length),
        String(own.filter(failed).length),
        String(
          percentile(
            own.map((call) => call.endedAt - call.startedAt),
            95,
          ),
        ),
        String(toPrimary.get(second)?.length ?? 0),
        changesIn(seen.map(({ health }) => health)),
        changesIn(seen.map(({ metrics }) => metrics)),
      ];
    });
  const head = ['second', 'the primary', 'calls', 'by it', 'by fallback', 'errors', 'p95 ms', 'asked of it'];
  return [[...head, 'health', 'metrics'], ...rows];
}

/** What the gateways said within a second: `closed/closed, open/closed`. */
const changesIn = (seen: readonly (readonly State[])[]): string =>
  seen
    .map((states) => states.join('/'))
    .filter((states, i, all) => states !== all[i - 1])
    .join(', ');

function eventRows({ events, phases }: Run): string[][] {
  const startedAt = phases[0]?.startedAt ?? 0;
  const rows = events.map(({ at, gateway, event, heard, cause }) => [
    ((at - startedAt) / 1_000).toFixed(2),
    gateway,
    event,
    heard ? 'heard of another' : '',
    cause ?? '',
  ]);
  return [['second', 'log of', 'event', '', 'cause'], ...rows];
}

const verdictRows = (run: Run): string[][] => [
  ['what must hold', 'holds', 'figures'],
  ...Object.entries(verdicts).map(([name, judge]) => {
    const { figures, problems } = judge(run);
    return [name, problems.length === 0 ? 'yes' : 'NO', figures];
  }),
];

const problemLines = (run: Run): string[] =>
  Object.entries(verdicts).flatMap(([name, judge]) => {
    const { problems } = judge(run);
    if (problems.length === 0) return [];
    const more = problems.length - shown;
    return ['', `${name}: NO`, ...problems.slice(0, shown), ...(more > 0 ? [`and ${more} more`] : [])];
  });
