import { type Asked, asAnswered, places } from './ask.js';
import { ablations } from './ablations.js';
import { interval, mean, quantile } from './metrics.js';

const columns = ['questions', ...places.map((k) => `R@${k}`), 'nDCG@10'];
/** The place whose interval is printed. */
const intervalColumn = places.indexOf(10);

/** Prints what came of a collection's questions, as Markdown. */
export function report(name: string, asked: Asked[]): string {
  const splits = [...new Set(asked.map(({ split }) => split))];
  const sections = splits.length > 1 ? [...splits, 'all' as const] : ['all' as const];
  const names = [...ablations.map((ablation) => ablation.name), asAnswered];
  const tables = sections.map((section) => {
    const of = asked.filter(({ split }) => section === 'all' || split === section);
    return [`### ${name}, ${section}`, '', ...table(names.map((ranking) => [ranking, of, ranking]))];
  });
  const categories = [...Map.groupBy(asked, ({ category }) => category)];
  if (categories.length > 1) {
    tables.push([
      `### ${name}, by category, ${asAnswered}`,
      '',
      ...table(categories.map(([category, of]) => [category, of, asAnswered])),
    ]);
  }
  return [...tables, [costs(asked)]].map((lines) => lines.join('\n')).join('\n\n');
}

type Row = [label: string, asked: Asked[], ranking: string];

function table(rows: Row[]): string[] {
  const heading = ['', ...columns, '95% of R@10'];
  return [heading, heading.map(() => '---'), ...rows.map(cells)].map((row) => `| ${row.join(' | ')} |`);
}

function cells([label, asked, ranking]: Row): string[] {
  const outcomes = asked.map((one) => one.outcomes.get(ranking) ?? []);
  const column = (i: number) => outcomes.map((outcome) => outcome[i] ?? 0);
  const figures = Array.from({ length: places.length + 1 }, (_, i) => mean(column(i)).toFixed(3));
  const [low, high] = interval(column(intervalColumn));
  return [label, String(asked.length), ...figures, `${low.toFixed(3)}–${high.toFixed(3)}`];
}

/** Of recalls with default settings: top_k 10, the default token budget. */
function costs(asked: Asked[]): string {
  const ms = asked.map((one) => one.ms);
  const [middle, slow] = [quantile(ms, 0.5).toFixed(1), quantile(ms, 0.95).toFixed(1)];
  const tokens = mean(asked.map((one) => one.tokens)).toFixed(0);
  return `With default settings, at the client: ${middle} ms a question (p95 ${slow}), ${tokens} tokens in the block.`;
}
