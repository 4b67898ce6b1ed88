import { describe, expect, it } from 'vitest';
import { upstreamName } from './upstream-name.js';

describe('upstreamName', () => {
  it('is the base URL without secrets', () => {
    expect(upstreamName('https://user:secret@host:8443/api/v1/?key=secret')).toBe('https://host:8443/api/v1');
    expect(upstreamName('http://host')).toBe('http://host');
  });
});
