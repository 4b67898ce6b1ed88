import { describe, expect, it } from 'vitest';
import { cacheSecondsIn } from './cache-wishes.js';

const seconds = (headers: Record<string, string>) => cacheSecondsIn({ headers });

describe('cacheSecondsIn', () => {
  it('is nothing for who does not ask', () => {
    expect(seconds({})).toBeUndefined();
    expect(seconds({ 'x-cache': 'false' })).toBeUndefined();
    expect(seconds({ 'x-cache-ttl': 'forever' })).toBeUndefined();
  });

  it('is five minutes, or what is asked for', () => {
    expect(seconds({ 'x-cache': 'true' })).toBe(300);
    expect(seconds({ 'x-cache': 'true', 'x-cache-ttl': '1' })).toBe(1);
    expect(seconds({ 'x-cache': 'true', 'x-cache-ttl': '86400' })).toBe(86_400);
  });

  it.each(['', '0', '-1', '86401', '1.5', '1e3', 'x', ' 5'])('refuses a ttl of %j', (ttl) => {
    expect(() => seconds({ 'x-cache': 'true', 'x-cache-ttl': ttl })).toThrow('x-cache-ttl');
  });

  it.each(['', 'True', '1', 'yes'])('refuses x-cache: %j', (wish) => {
    expect(() => seconds({ 'x-cache': wish })).toThrow('x-cache');
  });
});
