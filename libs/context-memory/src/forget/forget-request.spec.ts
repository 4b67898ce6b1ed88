import { describe, expect, it } from 'vitest';
import { coversQuestions, coversWorkingSets, planForget } from './forget-request.js';

describe('planForget', () => {
  it.each([{}, { filter: {} }, { filter: { and: [{}] } }, { all: false }])(
    'does not take %j for everything',
    (request) => expect(() => planForget(request)).toThrow(expect.objectContaining({ param: 'all' })),
  );

  it('does not take all beside a condition', () => {
    expect(() => planForget({ all: true, session: 's' })).toThrow(expect.objectContaining({ param: 'all' }));
  });

  it('takes everything when it is said', () => {
    expect(planForget({ all: true }).asked).toEqual({ all: true });
  });

  it('says what was asked in the words of the wire', () => {
    const request = {
      externalId: 'x',
      filter: { a: 1 },
      createdAfter: new Date(0),
      createdBefore: new Date(1),
    };
    expect(planForget(request).asked).toEqual({
      external_id: 'x',
      filter: { a: 1 },
      created_after: '1970-01-01T00:00:00.000Z',
      created_before: '1970-01-01T00:00:00.001Z',
    });
  });

  it('names the text that cannot be asked for', () => {
    const nul = () => planForget({ externalId: 'a\0' });
    expect(nul).toThrow(expect.objectContaining({ param: 'external_id' }));
  });
});

describe('coversQuestions', () => {
  it('goes by session and time, which calls have too', () => {
    expect(coversQuestions({ session: 's', createdBefore: new Date() })).toBe(true);
    expect(coversQuestions({ session: 's', kind: 'turn' })).toBe(false);
  });
});

describe('coversWorkingSets', () => {
  it('goes by session, and by nothing at all, which is all', () => {
    expect(coversWorkingSets({})).toBe(true);
    expect(coversWorkingSets({ session: 's' })).toBe(true);
    expect(coversWorkingSets({ session: 's', createdBefore: new Date() })).toBe(false);
    expect(coversWorkingSets({ kind: 'turn' })).toBe(false);
  });
});
