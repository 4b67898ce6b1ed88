import { describe, expect, it } from 'vitest';
import { toRecallRequest } from './recall.dto.js';

const { signal } = new AbortController();

describe('toRecallRequest', () => {
  it('takes null for "not given"', () => {
    expect(toRecallRequest({ query: 'x', top_k: null, token_budget: 0, session: null }, signal)).toEqual({
      query: 'x',
      messages: undefined,
      topK: undefined,
      tokenBudget: 0,
      session: undefined,
      filter: undefined,
      signal,
    });
  });

  it('keeps role and content of a message, whatever else it holds', () => {
    const messages = [{ role: 'user', content: [{ type: 'text' }], name: 'x' }, { role: 'assistant' }];
    expect(toRecallRequest({ messages }, signal).messages).toEqual([
      { role: 'user', content: [{ type: 'text' }] },
      { role: 'assistant', content: undefined },
    ]);
  });

  it.each([1, null, 'x', [], {}, { role: 7 }])('refuses %j as a message', (message) => {
    expect(() => toRecallRequest({ messages: [{ role: 'user' }, message] }, signal)).toThrow(
      expect.objectContaining({ httpStatus: 400, param: 'messages[1].role' }),
    );
  });
});
