import { availableParallelism } from 'node:os';
import { questions, type SearchTimes, wordsPerQuestion } from './search-times.js';
import type { Sizes } from './sizes.js';

/** What was measured of one size. */
export interface Measured {
  workspaces: number;
  items: number;
  both: SearchTimes;
  wordsAlone: SearchTimes;
  sizes: Sizes;
  /** Of the approximate index against an exact search; undefined where there is none. */
  nearestFound: number | undefined;
  /** Items that came from behind a filter that keeps 1 %. */
  rare: string;
}

const heading =
  'items|vectors|search ms, best|p50|p95|words alone, p50|p95|items MB|HNSW MB|terms MB|HNSW recall@10|1 % filter|load';

/** A table in Markdown. */
export const report = (measured: Measured[]): string =>
  [
    `384 dimensions, ${questions} questions of ${wordsPerQuestion} words, one at a time, on ${availableParallelism()} cores`,
    '',
    ...[heading.split('|'), heading.split('|').map(() => '---'), ...measured.map(cells)].map(
      (row) => `| ${row.join(' | ')} |`,
    ),
  ].join('\n');

function cells({ workspaces, items, both, wordsAlone, sizes, nearestFound, rare }: Measured): string[] {
  const times = [both.best, both.p50, both.p95, wordsAlone.p50, wordsAlone.p95].map((ms) => ms.toFixed(1));
  const megabytes = [sizes.items, sizes.hnsw, sizes.terms].map((mb) => mb?.toFixed(mb < 10 ? 1 : 0) ?? '');
  const each = items.toLocaleString('en');
  const size = workspaces === 1 ? each : `${workspaces.toLocaleString('en')} workspaces of ${each}`;
  const found = nearestFound?.toFixed(3) ?? '';
  return [size, both.how, ...times, ...megabytes, found, rare, both.load.toFixed(1)];
}
