import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '#common';
import { readCompletionRequest, upstreamBody } from './completion-request.js';
import { contextOptionsInHeaders } from './context-options.js';
import { embeddingsBody, readEmbeddingsRequest } from './embeddings-request.js';

const messages = [{ role: 'user', content: 'Hi' }];
const read = (body: unknown) =>
  readCompletionRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
const paramOf = (call: () => unknown): string | undefined => {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.param ?? '(none)';
    throw error;
  }
  return undefined;
};

describe('readCompletionRequest', () => {
  it('reads what the gateway needs', () => {
    expect(
      read({
        model: 'a/b',
        models: ['c/d', 'a/b'],
        messages,
        stream: true,
        stream_options: { include_usage: true },
        max_tokens: 10,
        max_completion_tokens: 20,
        n: 2,
        temperature: 'the upstream’s business',
        context: {
          recall: true,
          session: 's',
          token_budget: 5,
          filter: { kind: 'note' },
          working_set: 'w',
          save: false,
        },
      }),
    ).toMatchObject({
      model: 'a/b',
      models: ['a/b', 'c/d'],
      messages,
      stream: true,
      includeUsage: true,
      maxTokens: 20,
      choices: 2,
      context: {
        recall: true,
        session: 's',
        tokenBudget: 5,
        filter: { kind: 'note' },
        workingSet: 'w',
        save: false,
      },
    });
  });

  it('takes null for not given, and a list of models for a model', () => {
    const request = read({
      models: ['a'],
      messages,
      stream: null,
      max_tokens: null,
      stream_options: null,
      context: null,
    });
    expect(request).toMatchObject({ model: 'a', stream: false, includeUsage: false, choices: 1 });
    expect(request.maxTokens ?? request.context).toBeUndefined();
  });

  it('takes OpenRouter’s older wish for usage, and asks upstream in the way that all understand', () => {
    const wish = (more: object) => read({ model: 'a', messages, stream: true, ...more });
    const request = wish({ usage: { include: true } });
    expect(request.includeUsage).toBe(true);
    expect(JSON.parse(upstreamBody(request).toString()).stream_options).toEqual({ include_usage: true });
    expect(wish({ usage: { include: false } }).includeUsage).toBe(false);
    const refused = wish({ usage: { include: true }, stream_options: { include_usage: false } });
    expect(refused.includeUsage).toBe(false);
  });

  it('takes the default for the name of a model that is not given', () => {
    const body = Buffer.from(JSON.stringify({ model: null, messages }));
    expect(readCompletionRequest(body, 'fast')).toMatchObject({
      model: 'fast',
      models: ['fast'],
      named: undefined,
    });
    expect(paramOf(() => readCompletionRequest(body, null))).toBe('model');
  });

  it.each([
    [{ transforms: ['middle-out'] }, true],
    [{ plugins: [{ id: 'web' }, { id: 'context-compression' }] }, true],
    [{ transforms: [] }, false],
    [{ plugins: [{ id: 'context-compression', enabled: false }, 7] }, false],
    [{}, false],
  ])('knows from %j whether a long prompt is to be compressed', (extra, isOfOpenLength) => {
    expect(read({ model: 'a', messages, ...extra }).isOfOpenLength).toBe(isOfOpenLength);
  });

  it('takes parts, tool calls and tool results', () => {
    const parts = [
      { type: 'text', text: 'x' },
      { type: 'image_url', image_url: { url: 'data:' } },
    ];
    const dialogue = [
      { role: 'developer', content: 'x' },
      { role: 'user', content: parts },
      { role: 'assistant', content: null, tool_calls: [{}] },
      { role: 'assistant', tool_calls: [{}] },
      { role: 'tool', tool_call_id: '1', content: 'ok' },
    ];
    expect(read({ model: 'a', messages: dialogue }).messages).toMatchObject(dialogue);
  });

  it.each([
    [{ messages }, 'model'],
    [{ model: '', messages }, 'model'],
    [{ model: 7, messages }, 'model'],
    [{ models: ['a', ''], messages }, 'models[1]'],
    [{ model: 'a' }, 'messages'],
    [{ model: 'a', messages: [] }, 'messages'],
    [{ model: 'a', messages: {} }, 'messages'],
    [{ model: 'a', messages: [...messages, 'x'] }, 'messages[1]'],
    [{ model: 'a', messages: [null] }, 'messages[0]'],
    [{ model: 'a', messages: [{ content: 'x' }] }, 'messages[0].role'],
    [
      { model: 'a', messages: [...messages, ...messages, { role: 'user', content: 3 }] },
      'messages[2].content',
    ],
    [{ model: 'a', messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ model: 'a', messages: [{ role: 'user', content: ['x'] }] }, 'messages[0].content[0]'],
    [
      { model: 'a', messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      'messages[0].content[0].text',
    ],
    [{ model: 'a', messages, stream: 'yes' }, 'stream'],
    [{ model: 'a', messages, stream_options: [] }, 'stream_options'],
    [{ model: 'a', messages, stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
    [{ model: 'a', messages, max_tokens: 0 }, 'max_tokens'],
    [{ model: 'a', messages, max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ model: 'a', messages, n: -1 }, 'n'],
    [{ model: 'a', messages, context: true }, 'context'],
    [{ model: 'a', messages, context: { recal: true } }, 'context.recal'],
    [{ model: 'a', messages, context: { token_budget: 0 } }, 'context.token_budget'],
    [{ model: 'a', messages, context: { session: '' } }, 'context.session'],
    ['{"model":"a","messages":[{"role":"user","content":"a\\u0000b"}]}', 'messages[0].content'],
    ['{"model":"a","messages":[{"role":"user","content":"\\ud800"}]}', 'messages[0].content'],
    ['{"model":"a","messages":[{"role":"user","content":"x","name":"\\uDC00"}]}', 'messages[0].name'],
    ['{"model":"a","mod\\u0065l":"b","messages":[]}', 'model'],
    ['[]', '(none)'],
    ['', '(none)'],
    ['{"model":', '(none)'],
  ])('refuses %j, naming %s', (body, param) => {
    expect(paramOf(() => read(body))).toBe(param);
  });

  it('refuses 50,000 levels', () => {
    expect(paramOf(() => read(`{"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`))).toBe('(none)');
  });

  it('refuses what is no UTF-8', () => {
    const body = Buffer.from('{"model":"a","messages":[{"role":"user","content":"\xff"}]}', 'latin1');
    expect(paramOf(() => readCompletionRequest(body))).toBe('(none)');
  });

  it('takes escapes that only look bad', () => {
    const body = '{"model":"a","messages":[{"role":"user","content":"\\ud83d\\ude00 \\\\u0000 \\\\ud800"}]}';
    expect(read(body).messages[0]?.content).toBe('😀 \\u0000 \\ud800');
  });

  it('answers any JSON with a request or with a 400', () => {
    const member = fc.constantFrom('model', 'messages', 'stream', 'context', 'role', 'content', 'n');
    const value = fc.jsonValue({ maxDepth: 1 });
    const members = fc.dictionary(member, value, { maxKeys: 4 });
    const body = fc.dictionary(member, fc.oneof(value, members, fc.array(members, { maxLength: 3 })), {
      maxKeys: 6,
    });
    fc.assert(fc.property(body, (json) => void paramOf(() => read(json))));
  });
});

describe('upstreamBody', () => {
  const send = (body: object, change = {}) => JSON.parse(upstreamBody(read(body), change).toString());

  it('leaves out context and asks for usage in streams', () => {
    expect(send({ model: 'a', messages, context: {} })).toEqual({ model: 'a', messages });
    expect(send({ model: 'a', messages, stream: true })).toMatchObject({
      stream_options: { include_usage: true },
    });
  });

  it('names the model that was chosen, and leaves a body that names it alone', () => {
    const raw = Buffer.from('{ "model":"a\\/b" ,"messages":[{"role":"user","content":"Hi"}]}');
    expect(upstreamBody(readCompletionRequest(raw), { model: 'a/b' })).toBe(raw);
    expect(send({ model: 'fast', messages, stream: true }, { model: 'a' })).toMatchObject({ model: 'a' });
    const unnamed = readCompletionRequest(Buffer.from(JSON.stringify({ messages })), 'a');
    expect(JSON.parse(upstreamBody(unnamed, { model: 'a' }).toString())).toEqual({ model: 'a', messages });
  });

  it('asks for one model, whatever the body names', () => {
    const body = { models: ['a', 'b'], messages };
    expect(send(body, { model: 'a' })).toEqual({ model: 'a', messages });
    expect(send(body, { model: 'b' })).toEqual({ model: 'b', messages });
    expect(send({ model: 'a', ...body }, { model: 'b' })).toEqual({ model: 'b', messages });
  });

  it('puts what was recalled behind the last user message where the call says so', () => {
    const recalled = { role: 'user', content: 'notes' };
    const context = { placement: 'after_question' };
    const dialogue = [
      { role: 'user', content: 'look it up' },
      { role: 'assistant', content: 'I will' },
    ];
    expect(send({ model: 'a', messages: dialogue, context }, { recalled }).messages).toEqual(
      dialogue.toSpliced(1, 0, recalled),
    );
    const system = [{ role: 'system', content: 'x' }];
    expect(send({ model: 'a', messages: system, context }, { recalled }).messages).toEqual([
      ...system,
      recalled,
    ]);
  });

  it('puts what was recalled just before the last user message', () => {
    const recalled = { role: 'user', content: 'notes' };
    const dialogue = [{ role: 'system', content: 's' }, ...messages, { role: 'assistant', content: 'a' }];
    expect(send({ model: 'a', messages: dialogue }, { recalled }).messages).toEqual(
      dialogue.toSpliced(1, 0, recalled),
    );
    const system = dialogue.slice(0, 1);
    expect(send({ model: 'a', messages: system }, { recalled }).messages).toEqual([...system, recalled]);
  });
});

describe('contextOptionsInHeaders', () => {
  it('reads the same options', () => {
    expect(
      contextOptionsInHeaders({
        'x-context-recall': 'true',
        'x-context-token-budget': '50',
        'x-context-session': '42',
        'x-context-filter': '{"kind":"note"}',
      }),
    ).toMatchObject({ recall: true, tokenBudget: 50, session: '42', filter: { kind: 'note' } });
    expect(contextOptionsInHeaders({ accept: '*/*' })).toBeUndefined();
  });

  it.each([
    ['x-context-recall', 'yes', 'context.recall'],
    ['x-context-token-budget', 'many', 'context.token_budget'],
    ['x-context-filter', '{', 'context.filter'],
  ])('refuses %s: %s', (name, text, param) => {
    expect(paramOf(() => contextOptionsInHeaders({ [name]: text }))).toBe(param);
  });
});

describe('readEmbeddingsRequest', () => {
  const embed = (body: object) => readEmbeddingsRequest(Buffer.from(JSON.stringify(body)));

  it.each([
    ['a text', 'x', ['x']],
    ['texts', ['x', 'y'], ['x', 'y']],
    ['tokens', [1, 2], [[1, 2]]],
    ['lists of tokens', [[1], [2, 3]], [[1], [2, 3]]],
  ])('takes %s', (_name, input, inputs) => {
    expect(embed({ model: 'm', input, encoding_format: 'base64', dimensions: 8 })).toMatchObject({
      model: 'm',
      inputs,
      encodingFormat: 'base64',
      dimensions: 8,
    });
  });

  it('goes upstream as it came, but for the name of its model', () => {
    const raw = Buffer.from('{"input" : [1e0], "model":"small","x":1.0}');
    const request = readEmbeddingsRequest(raw);
    expect(embeddingsBody(request, 'small')).toBe(raw);
    expect(embeddingsBody(request, 'o/small').toString()).toBe(
      '{"input" : [1e0], "model":"o/small","x":1.0}',
    );
  });

  it.each([
    [{ input: 'x' }, 'model'],
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: '' }, 'input'],
    [{ model: 'm', input: [] }, 'input'],
    [{ model: 'm', input: ['x', 7] }, 'input[1]'],
    [{ model: 'm', input: 'x', encoding_format: 'hex' }, 'encoding_format'],
    [{ model: 'm', input: 'x', dimensions: 0 }, 'dimensions'],
  ])('refuses %j, naming %s', (body, param) => {
    expect(paramOf(() => embed(body))).toBe(param);
  });
});
