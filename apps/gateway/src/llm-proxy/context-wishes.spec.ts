import { describe, expect, it } from 'vitest';
import { readCompletionRequest } from '#llm-proxy';
import { asksForRecall, withHeaderWishes } from './context-wishes.js';

const wishes = (context: object | undefined, headers: Record<string, string> = {}) =>
  withHeaderWishes(
    readCompletionRequest(
      Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], context })),
    ),
    headers,
  ).context;

describe('asksForRecall', () => {
  it.each([
    [undefined, false],
    [{}, true],
    [{ save: true }, true],
    [{ recall: true }, true],
    [{ recall: false, save: true }, false],
    [{ workingSet: 'w' }, false],
    [{ workingSet: 'w', recall: true }, true],
  ])('%j: %s', (context, asks) => {
    expect(asksForRecall(context)).toBe(asks);
  });
});

describe('withHeaderWishes', () => {
  it('is a plain proxy for whoever does not speak of context', () => {
    expect(wishes(undefined, { 'x-context': 'true', 'content-type': 'application/json' })).toBeUndefined();
  });

  it('reads wishes from headers alone', () => {
    expect(wishes(undefined, { 'x-context-recall': 'true', 'x-context-token-budget': '500' })).toMatchObject({
      recall: true,
      tokenBudget: 500,
    });
  });

  it('takes the name of a working set from either', () => {
    expect(wishes({ working_set: 'w' })).toMatchObject({ workingSet: 'w' });
    expect(wishes(undefined, { 'x-context-working-set': '7' })).toMatchObject({ workingSet: '7' });
  });

  it('lets the body decide where both speak, and the headers where it is silent', () => {
    expect(wishes({ recall: false }, { 'x-context-recall': 'true', 'x-context-session': 's' })).toMatchObject(
      {
        recall: false,
        session: 's',
      },
    );
  });

  it.each([
    [{ working_set: '' }, {}, 'context.working_set', 'invalid_request'],
    [undefined, { 'x-context-token-budget': 'many' }, 'context.token_budget', 'invalid_request'],
  ])('refuses %j with %j', (context, headers, param, code) => {
    expect(() => wishes(context, headers)).toThrow(expect.objectContaining({ httpStatus: 400, param, code }));
  });
});
