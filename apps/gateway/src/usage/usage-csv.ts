import { stringify } from 'csv-stringify/sync';
import type { UsageListDto, UsageTotalsDto } from './usage.dto.js';

const columns = [
  'start_time',
  'key_id',
  'model',
  'status',
  'requests',
  'prompt_tokens',
  'completion_tokens',
  'context_tokens',
  'tokens_used',
  'cost',
] as const satisfies (keyof UsageTotalsDto)[];

/**
 * Rows as CSV (RFC 4180) under a line of their names; null is an empty field. The names of models come from outside, so those
 * that a spreadsheet would run as a formula are written with an apostrophe before them.
 */
export const usageCsv = (rows: readonly UsageTotalsDto[]): string =>
  stringify([...rows], {
    header: true,
    columns: [...columns],
    record_delimiter: 'windows',
    // The library looks for the whole delimiter; half of one ends a line for most readers, too.
    quoted_match: /[\r\n]/,
    escape_formulas: true,
  });

/**
 * The `Link` to the next page (RFC 8288), relative to the address that was asked, whatever proxies made of it on the way here.
 * It names the time that the list covers, so that all pages cover the same.
 *
 * @param query what was asked, without its `?`
 */
export function nextPageLink(
  query: string,
  { start, end }: Pick<UsageListDto, 'start' | 'end'>,
  cursor: string,
): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries({ start, end, cursor })) next.set(name, value);
  return `<?${next.toString()}>; rel="next"`;
}
