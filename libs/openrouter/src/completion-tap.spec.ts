import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#common';
import { CompletionTap } from './completion-tap.js';

const chunk = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({
  id: 'gen-1',
  model: 'a/b',
  choices: [{ index: 0, delta, finish_reason: null }],
  ...more,
});

describe('CompletionTap', () => {
  it('reads a stream: text, ids, finish reason, usage and cost', () => {
    const tap = new CompletionTap();
    const read = [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, cost: 0.000_000_12 } },
    ].map((body) => tap.read(body));
    expect(read).toEqual(['preamble', 'content', 'content', 'content', 'usage']);
    expect(tap).toMatchObject({
      text: 'Hello',
      model: 'a/b',
      generationId: 'gen-1',
      finishReason: 'stop',
      usage: { promptTokens: 3, completionTokens: 2 },
      cost: '0.00000012',
    });
  });

  it('takes usage from any chunk: the last counts, zero is a count, null is none', () => {
    const tap = new CompletionTap();
    tap.read(chunk({ content: 'a' }, { usage: { prompt_tokens: 5, completion_tokens: 1 } }));
    tap.read(chunk({ content: 'b' }, { usage: { prompt_tokens: 0, completion_tokens: 0 } }));
    tap.read(chunk({ content: 'c' }, { usage: null }));
    expect(tap.usage).toEqual({ promptTokens: 0, completionTokens: 0 });
  });

  it('takes the cost from the same report as the usage, silence included', () => {
    const tap = new CompletionTap();
    tap.read(chunk({ content: 'a' }, { usage: { prompt_tokens: 5, completion_tokens: 1, cost: 0.5 } }));
    expect(tap.cost).toBe('0.5');
    tap.read(chunk({ content: 'b' }, { usage: { prompt_tokens: 5, completion_tokens: 2 } }));
    expect(tap).toMatchObject({ usage: { completionTokens: 2 }, cost: undefined });
    tap.read({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, cost: 0 } });
    expect(tap).toMatchObject({ usage: { completionTokens: 3 }, cost: '0' });
    for (const usage of [null, undefined, {}, 'x', { total_tokens: 9 }]) tap.read({ choices: [], usage });
    expect(tap).toMatchObject({ usage: { promptTokens: 5, completionTokens: 3 }, cost: '0' });
  });

  it('takes usage beside an error, and in a chunk without choices', () => {
    const tap = new CompletionTap();
    tap.read({ usage: { prompt_tokens: 1, completion_tokens: 2 } });
    expect(tap.usage).toEqual({ promptTokens: 1, completionTokens: 2 });
    tap.read({ error: { code: 502, message: 'x' }, usage: { prompt_tokens: 3, completion_tokens: 4 } });
    expect(tap.usage).toEqual({ promptTokens: 3, completionTokens: 4 });
  });

  it('knows a chunk that only counts, whatever it counts', () => {
    const tap = new CompletionTap();
    expect(tap.read({ choices: [], usage: { total_tokens: 9 } })).toBe('usage');
    expect(tap.read({ choices: [], usage: null })).toBe('preamble');
  });

  it('knows reasoning and tool calls for real, and counts them apart from what was said', () => {
    const tap = new CompletionTap();
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
    expect(tap.read(chunk({ reasoning: 'hm', reasoning_details: [{ type: 'text', text: 'hm' }] }))).toBe(
      'content',
    );
    expect(tap.read(chunk({ tool_calls: [call] }))).toBe('content');
    expect(tap.text).toBe('');
    expect(tap.otherText).toBe('hmf{}');
  });

  it('finds an error at the top and in a choice', () => {
    const fault = { code: 429, message: 'slow down', metadata: { error_type: 'rate_limit_exceeded' } };
    for (const body of [
      { error: fault },
      { choices: [{ index: 0, error: fault, finish_reason: 'error' }] },
    ]) {
      const tap = new CompletionTap();
      expect(tap.read(body)).toBe('error');
      expect(tap.error).toMatchObject({ kind: 'rate_limited', httpStatus: 429 });
    }
  });

  it('reads a JSON answer, chat or legacy', () => {
    const chat = new CompletionTap();
    chat.read({
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    });
    const legacy = new CompletionTap();
    legacy.read({ choices: [{ index: 0, text: 'Hi', finish_reason: 'stop' }] });
    expect([chat.text, legacy.text]).toEqual(['Hi', 'Hi']);
  });

  it('does not take an empty answer for a real one', () => {
    expect(new CompletionTap().read({ choices: [{ message: { content: '' }, finish_reason: null }] })).toBe(
      'preamble',
    );
    expect(new CompletionTap().read({})).toBe('preamble');
    expect(new CompletionTap().read({ choices: 'x', usage: [] })).toBe('preamble');
  });

  it('remembers a bounded part of endless text', () => {
    const tap = new CompletionTap();
    for (let i = 0; i < 30; i += 1) tap.read(chunk({ content: 'x'.repeat(50_000) }));
    expect(tap.text).toHaveLength(1_000_000);
  });
});
