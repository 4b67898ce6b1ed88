import { execFileSync } from 'node:child_process';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseEnv, renderEnv } from './demo-env.js';

const value = fc.string({ minLength: 1 }).filter((text) => !/[\0\n\r]/.test(text));
const env = fc.record({
  GATEWAY_URL: value,
  GATEWAY_KEY: value,
  ADMIN_API_KEY: value,
  WORKSPACE_ID: value,
  DATABASE_URL: value,
  REDIS_URL: value,
});

describe('demo.env', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(env, (given) => {
        expect(parseEnv(renderEnv(given))).toEqual(given);
      }),
    );
  });

  it('means the same to a shell', () => {
    const given = {
      GATEWAY_URL: 'http://x',
      GATEWAY_KEY: `a'b $c`,
      ADMIN_API_KEY: '`d`',
      WORKSPACE_ID: '1',
      DATABASE_URL: 'p',
      REDIS_URL: 'r',
    };
    const script = `set -a; eval "$1"; printf %s "$GATEWAY_KEY$ADMIN_API_KEY"`;
    expect(execFileSync('sh', ['-c', script, 'sh', renderEnv(given)], { encoding: 'utf8' })).toBe(
      "a'b $c`d`",
    );
  });

  it('takes half a file for none', () => {
    expect(parseEnv(`GATEWAY_URL='x'\n`)).toBeUndefined();
  });
});
