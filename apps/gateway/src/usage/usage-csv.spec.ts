import { describe, expect, it } from 'vitest';
import { nextPageLink, usageCsv } from './usage-csv.js';
import type { UsageTotalsDto } from './usage.dto.js';

const rowOf = (model: string): UsageTotalsDto => ({
  object: 'usage',
  start_time: '2030-01-01T00:00:00.000Z',
  key_id: null,
  model,
  status: null,
  requests: 2,
  prompt_tokens: 10,
  completion_tokens: 5,
  context_tokens: 0,
  tokens_used: 15,
  cost: '0.0000000002',
});
const header =
  'start_time,key_id,model,status,requests,prompt_tokens,completion_tokens,context_tokens,tokens_used,cost\r\n';

describe('usageCsv', () => {
  it('is a line of names and a line a row, and the names alone when there are none', () => {
    expect(usageCsv([rowOf('a/b')])).toBe(
      `${header}2030-01-01T00:00:00.000Z,,a/b,,2,10,5,0,15,0.0000000002\r\n`,
    );
    expect(usageCsv([])).toBe(header);
  });

  it.each([
    ['say "hi", ok', '"say ""hi"", ok"'],
    ['two\nlines', '"two\nlines"'],
    ['two\rlines', '"two\rlines"'],
    ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
    ['@sum', `'@sum`],
    ['+1', `'+1`],
    ['-1', `'-1`],
  ])('writes a model named %j as %j', (model, field) => {
    expect(usageCsv([rowOf(model)])).toContain(`,${field},,2,`);
  });
});

describe('nextPageLink', () => {
  it('keeps what was asked, and fixes the time', () => {
    const list = { start: '2030-01-01T00:00:00.000Z', end: '2030-01-02T00:00:00.000Z' };
    const link = nextPageLink('limit=5&group_by=day&group_by=model&cursor=old', list, 'a>b');
    const [, query = ''] = /^<\?(.*)>; rel="next"$/.exec(link) ?? [];
    expect([...new URLSearchParams(query)]).toEqual([
      ['limit', '5'],
      ['group_by', 'day'],
      ['group_by', 'model'],
      ['cursor', 'a>b'],
      ['start', list.start],
      ['end', list.end],
    ]);
    expect(query).not.toContain('>');
  });
});
