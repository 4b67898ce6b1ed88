import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { presentedKey } from './presented-key.js';

const requestWith = (headers: Record<string, string>) => ({ headers }) as unknown as Request;

describe('presentedKey', () => {
  it.each([
    [{ authorization: 'Bearer ctx_a' }, 'ctx_a'],
    [{ authorization: 'bearer   ctx_a ' }, 'ctx_a'],
    [{ 'x-api-key': 'ctx_b' }, 'ctx_b'],
    [{ 'api-key': 'ctx_c' }, 'ctx_c'],
    [{ authorization: 'Bearer ctx_a', 'x-api-key': 'ctx_b' }, 'ctx_a'],
    [{}, undefined],
    [{ 'x-api-key': '' }, undefined],
  ])('reads %j as %j', (headers, key) => {
    expect(presentedKey(requestWith(headers))).toBe(key);
  });

  it('takes an authorization it cannot read for a wrong key, not for none', () => {
    expect(presentedKey(requestWith({ authorization: 'Basic abc' }))).toBe('Basic abc');
  });
});
