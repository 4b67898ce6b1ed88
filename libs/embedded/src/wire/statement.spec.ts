import { describe, expect, it } from 'vitest';

import { parseOptions } from './startup.js';
import { inspectStatement } from './statement.js';

describe('inspectStatement', () => {
  it.each([
    ['select 1', {}],
    ['update t set a = 1', {}],
    ['set local search_path to x', {}],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', {}],
    [`select set_config('app.w', $1, true)`, {}],
    [`select set_config('app.w', 'x', false)`, { changesSession: true }],
    ['begin; set search_path to x', { changesSession: true }],
    ['SET search_path TO x', { changesSession: true, replay: 'SET search_path TO x' }],
    ['/* hm */ reset role', { changesSession: true, replay: '/* hm */ reset role' }],
    ['discard all', { changesSession: true, unlisten: '*', replay: 'discard all' }],
    ['-- why\n  listen "My ""Q"""', { listen: 'My "Q"' }],
    ['LISTEN Jobs', { listen: 'jobs' }],
    ['unlisten *', { unlisten: '*' }],
    ['copy t (a, b) from stdin', { copyIn: 'text' }],
    ['COPY t FROM STDIN WITH (FORMAT binary)', { copyIn: 'binary' }],
    ['copy t to stdout', {}],
    [`select 'copy t from stdin; listen x'`, {}],
  ])('%s', (sql, traits) => {
    expect(inspectStatement(sql)).toEqual({ changesSession: false, ...traits });
  });
});

describe('parseOptions', () => {
  it('reads every spelling, with escaped spaces', () => {
    expect(parseOptions('-c a=1 -cb.c=x\\ y --work-mem=4MB -c  search_path=one,two')).toEqual([
      ['a', '1'],
      ['b.c', 'x y'],
      ['work_mem', '4MB'],
      ['search_path', 'one,two'],
    ]);
  });
});
