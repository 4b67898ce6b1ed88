import { describe, expect, it } from 'vitest';
import { readCompletionRequest } from '#llm-proxy';
import { asksForRecall, asksToSave, withHeaderWishes } from './context-wishes.js';

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

describe('asksToSave', () => {
  it.each([
    [undefined, false],
    [{ recall: true }, false],
    [{ session: 's' }, true],
    [{ session: 's', save: false }, false],
    [{ save: true }, true],
  ])('%j: %s', (context, asks) => {
    expect(asksToSave(context)).toBe(asks);
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

  it('reads placement as a word and relevance as a number', () => {
    const headers = { 'x-context-placement': 'after_question', 'x-context-min-relevance': '0.5' };
    expect(wishes(undefined, headers)).toMatchObject({ placement: 'after_question', minRelevance: 0.5 });
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
    [undefined, { 'x-context-min-relevance': '1.5' }, 'context.min_relevance', 'invalid_request'],
    [{ min_relevance: '0.5' }, {}, 'context.min_relevance', 'invalid_request'],
    [{ placement: 'system' }, {}, 'context.placement', 'invalid_request'],
  ])('refuses %j with %j', (context, headers, param, code) => {
    expect(() => wishes(context, headers)).toThrow(expect.objectContaining({ httpStatus: 400, param, code }));
  });
});
