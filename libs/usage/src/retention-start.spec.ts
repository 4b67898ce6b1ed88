import { describe, expect, it } from 'vitest';
import { retentionStart } from './retention-start.js';

describe('retentionStart', () => {
  it.each([
    ['2026-11-24T20:00:00Z', 13, '2025-10-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00Z', 1, '2025-12-01T00:00:00.000Z'],
    ['2026-03-31T23:59:59.999Z', 1, '2026-02-01T00:00:00.000Z'],
    ['2026-05-31T12:00:00+14:00', 24, '2024-05-01T00:00:00.000Z'],
  ])('of %s, %i months, is %s', (now, months, start) => {
    expect(retentionStart(new Date(now), months).toISOString()).toBe(start);
  });
});
