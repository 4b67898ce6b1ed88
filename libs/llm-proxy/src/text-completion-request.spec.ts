import { describe, expect, it } from 'vitest';
import { upstreamBody } from './completion-request.js';
import { readTextCompletionRequest } from './text-completion-request.js';

const read = (body: object) =>
  readTextCompletionRequest(Buffer.from(JSON.stringify({ model: 'm', ...body })));

describe('readTextCompletionRequest', () => {
  it.each<[object, object]>([
    [{ prompt: 'once' }, { instructions: 'once', givenTokens: 0, choices: 1 }],
    [{ prompt: '' }, { instructions: '', givenTokens: 0, choices: 1 }],
    [
      { prompt: ['a', 'b'], n: 2 },
      { instructions: 'a\nb', givenTokens: 0, choices: 4 },
    ],
    [
      { prompt: [1, 2, 3], best_of: 3 },
      { instructions: '', givenTokens: 3, choices: 3 },
    ],
    [{ prompt: [[1, 2], [3]] }, { instructions: '', givenTokens: 3, choices: 2 }],
    [
      { prompt: 'a', suffix: 'z', max_tokens: 5 },
      { instructions: 'a\nz', maxTokens: 5 },
    ],
  ])('reads %j', (body, expected) => {
    expect(read(body)).toMatchObject({ path: '/completions', messages: [], model: 'm', ...expected });
  });

  it('forwards the bytes as they came, but asks for usage in streams', () => {
    const raw = Buffer.from('{"model":"m" , "prompt":"caf\\u00e9","seed":12345678901234567890}');
    expect(upstreamBody(readTextCompletionRequest(raw))).toEqual(raw);
    const streamed = upstreamBody(read({ prompt: 'x', stream: true })).toString();
    expect(JSON.parse(streamed)).toMatchObject({ prompt: 'x', stream_options: { include_usage: true } });
  });

  it.each<[object, string]>([
    [{}, 'prompt'],
    [{ prompt: 7 }, 'prompt'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: ['a', 7] }, 'prompt[1]'],
    [{ prompt: 'x', n: 0 }, 'n'],
    [{ prompt: 'x', context: { recall: true } }, 'context'],
    [{ prompt: 'x', model: '' }, 'model'],
  ])('refuses %j, naming %s', (body, param) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ httpStatus: 400, param }));
  });

  it('knows every model the call may end up with', () => {
    expect(read({ prompt: 'x', models: ['n'], preset: 'p' })).toMatchObject({
      models: ['m', 'n'],
      otherRoutes: ['preset'],
    });
  });
});
