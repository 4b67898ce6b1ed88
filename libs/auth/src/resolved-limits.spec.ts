import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitNames } from '#common';
import { AppConfig } from '#config';
import type { KeyLimitSettings, WorkspaceLimitSettings } from './limit-settings.js';
import { resolveLimits, limitValues } from './resolved-limits.js';

const defaults = new AppConfig({
  DATABASE_URL: 'postgres://localhost/x',
  REDIS_URL: 'redis://localhost',
  API_KEY_PEPPER: 'pepper-of-the-unit-specs',
  ADMIN_API_KEY: 'admin-key-of-the-unit-specs',
  RATE_LIMIT_SHADOW: 'tokens',
}).rateLimit;

const setting = fc.option(fc.nat());
const keySettings: fc.Arbitrary<KeyLimitSettings> = fc.record({
  rateLimitRequests: setting,
  rateLimitWindow: setting,
  rateLimitTokens: setting,
  rateLimitParallel: setting,
  shadowLimits: fc.option(fc.subarray([...limitNames])),
});
const workspaceSettings: fc.Arbitrary<WorkspaceLimitSettings> = fc
  .tuple(keySettings, setting, setting)
  .map(([settings, dailyTokenQuota, workspaceRateLimitRequests]) => ({
    ...settings,
    dailyTokenQuota,
    workspaceRateLimitRequests,
  }));

describe('resolveLimits', () => {
  it('takes the key’s word, else the workspace’s, else the environment’s, and 0 and none for words', () => {
    const fields = [
      ['requests', 'rateLimitRequests', defaults.RATE_LIMIT_REQUESTS],
      ['windowSeconds', 'rateLimitWindow', defaults.RATE_LIMIT_WINDOW],
      ['tokens', 'rateLimitTokens', defaults.RATE_LIMIT_TOKENS],
      ['parallel', 'rateLimitParallel', defaults.RATE_LIMIT_PARALLEL],
      ['shadow', 'shadowLimits', ['tokens']],
    ] as const;
    fc.assert(
      fc.property(fc.option(keySettings, { nil: undefined }), workspaceSettings, (key, workspace) => {
        const limits = resolveLimits(key, workspace, defaults);
        for (const [limit, field, byDefault] of fields) {
          const own = key?.[field] ?? null;
          const source = own !== null ? 'key' : workspace[field] !== null ? 'workspace' : 'default';
          expect(limits[limit]).toEqual({ value: own ?? workspace[field] ?? byDefault, source });
        }
      }),
    );
  });

  it('lets no key change what belongs to the whole workspace', () => {
    fc.assert(
      fc.property(keySettings, workspaceSettings, (key, workspace) => {
        const [ofKey, ofWorkspace] = [key, undefined].map((each) => resolveLimits(each, workspace, defaults));
        for (const limit of ['workspaceRequests', 'workspaceWindowSeconds', 'dailyTokens'] as const) {
          expect(ofKey?.[limit]).toEqual(ofWorkspace?.[limit]);
          expect(ofKey?.[limit].source).not.toBe('key');
        }
      }),
    );
  });

  it('hands out values that nobody can change, the settings’ own list not among them', () => {
    fc.assert(
      fc.property(keySettings, workspaceSettings, (key, workspace) => {
        const values = limitValues(resolveLimits(key, workspace, defaults));
        expect(Object.isFrozen(values) && Object.isFrozen(values.shadow)).toBe(true);
        for (const { shadowLimits } of [key, workspace]) expect(values.shadow).not.toBe(shadowLimits);
      }),
    );
  });
});
