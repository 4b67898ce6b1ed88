import { describe, expect, it } from 'vitest';
import { defaultScopes, missingScope, scopes } from './scopes.js';

describe('scopes', () => {
  it('names the first that is missing', () => {
    expect(missingScope(['chat'], ['chat', 'usage:read', 'context:read'])).toBe('usage:read');
    expect(missingScope(['chat'], ['chat'])).toBeUndefined();
    expect(missingScope([], [])).toBeUndefined();
  });

  it('gives admin every scope, and a new key all but admin', () => {
    expect(missingScope(['admin'], [...scopes])).toBeUndefined();
    expect(missingScope(defaultScopes, [...scopes])).toBe('admin');
  });
});
