import { describe, expect, it } from 'vitest';
import { demandSensibleGroups, usageRange } from './usage-range.js';

const now = new Date('2030-05-06T07:08:09Z');

describe('usageRange', () => {
  it('is today until now when nothing is asked for', () => {
    expect(usageRange(undefined, undefined, now)).toEqual({
      start: new Date('2030-05-06T00:00:00Z'),
      end: now,
    });
  });

  it('names the field at fault', () => {
    expect(() => usageRange('2030-05-06T09:00:00Z', undefined, now)).toThrow(
      expect.objectContaining({ httpStatus: 400, param: 'end' }),
    );
    expect(() => usageRange('2028-01-01T00:00:00Z', undefined, now)).toThrow(
      expect.objectContaining({ param: 'start' }),
    );
  });
});

describe('demandSensibleGroups', () => {
  it('takes one time and any of the others', () => {
    expect(() => demandSensibleGroups(['day', 'key', 'model', 'status'])).not.toThrow();
    expect(() => demandSensibleGroups(['none'])).not.toThrow();
  });

  it('refuses contradictions', () => {
    expect(() => demandSensibleGroups(['day', 'month'])).toThrow('one of hour, day, month');
    expect(() => demandSensibleGroups(['none', 'key'])).toThrow('stands alone');
  });
});
