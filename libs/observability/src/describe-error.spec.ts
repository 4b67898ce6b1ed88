import { describe, expect, it } from 'vitest';
import { describeError } from './describe-error.js';

describe('describeError', () => {
  it('says what it is, where it was made and what caused it', () => {
    const error = new TypeError('no such thing', {
      cause: Object.assign(new Error('inner'), { code: '22003' }),
    });
    expect(describeError(error)).toMatchObject({
      type: 'TypeError',
      message: 'no such thing',
      stack: expect.stringContaining('describe-error.spec'),
      cause: { message: 'inner', code: '22003' },
    });
  });

  it('says nothing of what else it carries', () => {
    const error = Object.assign(new Error('value out of range'), {
      parameters: ["a tenant's text"],
      query: 'INSERT',
    });
    expect(JSON.stringify(describeError(error))).not.toMatch(/tenant|INSERT/);
    expect(JSON.stringify(describeError({ text: "a tenant's text" }))).not.toMatch(/tenant/);
  });
});
