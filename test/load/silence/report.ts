import { type Calibration, relevanceOf } from '../../../libs/context-memory/src/recall/relevance.js';
import type { Asked, Setting } from './ask.js';

const thresholds = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6];
/** Of questions that recall answers, the share that may be met with silence. */
const tolerance = 0.03;

/** Whether a question is of any use here: where recall finds no answer, silence is no loss. */
export const isTelling = ({ kind, found }: Asked): boolean => kind !== 'own' || found;

/** How a calibration does at each threshold, as Markdown, and the threshold that it should be used with. */
export function report(asked: Asked[], calibration: Calibration): string {
  const of = (one: Asked) => relevanceOf(one, undefined, calibration) ?? NaN;
  const share = (some: Asked[], is: (one: Asked) => boolean) =>
    some.length === 0 ? '' : (some.filter(is).length / some.length).toFixed(3);
  const missed = (some: Asked[], threshold: number) => share(some, (one) => of(one) < threshold);
  const injected = (some: Asked[], threshold: number) => share(some, (one) => of(one) >= threshold);
  const groups = [
    ...Map.groupBy(asked.filter(isTelling), ({ collection, split }) => `${collection}, ${split}`),
  ];
  const lines = groups.flatMap(([name, group]) => {
    const kind = (wanted: Setting['kind']) => group.filter((one) => one.kind === wanted);
    return thresholds.map((threshold) => [
      name,
      String(threshold),
      missed(kind('own'), threshold),
      injected(kind('other'), threshold),
      injected(kind('everyday'), threshold),
    ]);
  });
  const development = asked.filter((one) => one.split === 'development' && one.kind === 'own' && one.found);
  const best = thresholds.findLast((threshold) => Number(missed(development, threshold)) <= tolerance);
  const heading = ['', 'threshold', 'missed', 'injected, other', 'injected, everyday'];
  const table = [heading, heading.map(() => '---'), ...lines].map((row) => `| ${row.join(' | ')} |`);
  return [
    ...table,
    '',
    `The largest that misses at most ${tolerance} of development: ${best ?? 'none'}.`,
  ].join('\n');
}
