import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '#common';
import { filterSql } from './filter-sql.js';
import { parseFilter } from './metadata-filter.js';
import { SqlParameters } from './sql-parameters.js';

const refusal = (filter: unknown): string | undefined => {
  try {
    parseFilter(filter);
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.param;
    throw error;
  }
  return undefined;
};

describe('parseFilter', () => {
  it.each<[unknown, string]>([
    ['kind = 1', 'filter'],
    [[], 'filter'],
    [{ a: { like: 'x' } }, 'filter.a.like'],
    [{ and: { a: 1 } }, 'filter.and'],
    [{ and: [{ a: 1 }, { b: { gt: true } }] }, 'filter.and[1].b.gt'],
    [{ not: [] }, 'filter.not'],
    [{ kind: 5 }, 'filter.kind'],
    [{ importance: 'high' }, 'filter.importance'],
    [{ importance: { contains: 0.5 } }, 'filter.importance.contains'],
    [{ pinned: 'yes' }, 'filter.pinned'],
    [{ pinned: { gt: true } }, 'filter.pinned.gt'],
    [{ pinned: { contains: true } }, 'filter.pinned.contains'],
    [{ collection: true }, 'filter.collection'],
    [{ created_at: { gt: 'yesterday' } }, 'filter.created_at.gt'],
    [{ created_at: { gt: '2026-01-01 10:00' } }, 'filter.created_at.gt'],
    [{ a: { in: 'x' } }, 'filter.a.in'],
    [{ a: { in: [{}] } }, 'filter.a.in[0]'],
    [{ a: { exists: 'yes' } }, 'filter.a.exists'],
    [{ 'a..b': 1 }, 'filter.a..b'],
    [{ a: 'x\0' }, 'filter.a'],
    [{ 'a\0': 1 }, 'filter'],
    [{ a: { in: Array.from({ length: 101 }, () => 1) } }, 'filter.a.in'],
    [Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, 1])), 'filter.f64'],
  ])('refuses %j at %s', (filter, param) => {
    expect(refusal(filter)).toBe(param);
  });

  it('is bounded in depth', () => {
    const nested = (levels: number): unknown => (levels === 0 ? { a: 1 } : { not: nested(levels - 1) });
    expect(refusal(nested(7))).toBeUndefined();
    expect(refusal(nested(8))).toMatch(/^filter\.not/);
    expect(refusal(nested(200))).toMatch(/^filter\.not/);
  });

  it('refuses any JSON it does not understand by an error of ours, and puts nothing of the rest into the SQL', () => {
    const word = fc.oneof(
      fc.constantFrom('and', 'or', 'not', 'eq', 'in', 'kind', 'pinned', 'created_at'),
      fc.string(),
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(word, tie('value'), { maxKeys: 3 }),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(json, (value) => {
        let filter;
        try {
          filter = parseFilter(value);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidRequestError);
          return;
        }
        const parameters = new SqlParameters();
        const sql = filterSql(filter, parameters);
        // Our own words, names of columns, and placeholders; every placeholder has its value.
        expect(sql).toMatch(
          /^(?:[()\s,=<>:[\]@]|#>>? ?|\$\d+|'(?:array|string|\{\})'|\b(?:AND|OR|NOT|NULL|IS|true|false|coalesce|strpos|lower|jsonb_typeof|metadata|kind|session|collection|title|external_id|importance|pinned|created_at|text|jsonb|real|boolean|timestamptz|0)\b)*$/,
        );
        for (const [, index] of sql.matchAll(/\$(\d+)/g))
          expect(Number(index)).toBeLessThanOrEqual(parameters.values.length);
      }),
    );
  });
});
