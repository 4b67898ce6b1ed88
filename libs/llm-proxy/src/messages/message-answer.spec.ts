import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError, type JsonObject } from '#common';
import { UpstreamError } from '#openrouter';
import { chunkSaying, jsonLines, splitAnswers } from '#testing';
import { unpackDetails } from '../answer-parts/reasoning-details.js';
import { MessageAnswer } from './message-answer.js';
import { stopReason } from './stop-reason.js';

const newAnswer = (stopSequences: string[] = []) => {
  let made = 0;
  const makeId = (prefix: string) => `${prefix}${++made}`;
  return new MessageAnswer({ request: { stopSequences }, requestId: 'req', makeId });
};

const streamed = (chunks: JsonObject[], answer = newAnswer()) => [
  ...chunks.flatMap((chunk) => answer.chunk(chunk)),
  ...answer.done(),
];

const usage = {
  prompt_tokens: 100,
  completion_tokens: 20,
  prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
  completion_tokens_details: { reasoning_tokens: 5 },
  cost: 0.001,
};

describe('MessageAnswer', () => {
  it('writes the events of a text', () => {
    const events = streamed([
      chunkSaying({ role: 'assistant', content: '' }),
      chunkSaying({ content: 'Hel' }),
      chunkSaying({ content: 'lo' }),
      chunkSaying({ content: '' }, 'stop'),
      { model: 'a/b', choices: [], usage },
    ]);
    expect(events).toEqual([
      {
        type: 'message_start',
        message: expect.objectContaining({ id: 'msg_1', role: 'assistant', model: 'a/b', content: [] }),
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: null } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null, container: null },
        usage: {
          input_tokens: 30,
          cache_creation_input_tokens: 10,
          cache_read_input_tokens: 60,
          output_tokens: 20,
          output_tokens_details: { thinking_tokens: 5 },
          server_tool_use: null,
          cost: 0.001,
        },
      },
      { type: 'message_stop' },
    ]);
  });

  it('writes thinking with its signature, and tool use with its arguments as they come', () => {
    const detail = { type: 'reasoning.text', index: 0, text: 'hm', signature: 's' };
    const events = streamed([
      chunkSaying({ reasoning: 'hm', reasoning_details: [detail] }),
      chunkSaying({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'f', arguments: '{"a":' } }] }),
      chunkSaying({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }, 'tool_calls'),
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[3]).toMatchObject({ index: 0, delta: { type: 'signature_delta' } });
    const { signature } = (events[3]?.['delta'] ?? {}) as JsonObject;
    expect(unpackDetails(signature)).toEqual([detail]);
    expect(events[5]).toMatchObject({
      index: 1,
      content_block: { type: 'tool_use', id: 'c1', name: 'f', input: {} },
    });
    expect(events[7]).toMatchObject({ delta: { type: 'input_json_delta', partial_json: '1}' } });
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('makes one message of a whole answer', () => {
    const message = {
      content: 'x',
      tool_calls: [{ id: 'c1', function: { name: 'f', arguments: '{"a":1}' } }],
    };
    const completion = { model: 'a/b', choices: [{ message, finish_reason: 'tool_calls' }], usage };
    expect(newAnswer().whole(completion)).toEqual({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'a/b',
      content: [
        { type: 'text', text: 'x', citations: null },
        { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 }, caller: { type: 'direct' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: expect.objectContaining({ input_tokens: 30, output_tokens: 20, service_tier: null }),
    });
  });

  it('names the stop sequence when there can be no doubt which it was', () => {
    const completion = {
      choices: [{ message: { content: 'x' }, finish_reason: 'stop', native_finish_reason: 'stop_sequence' }],
    };
    expect(newAnswer(['END']).whole(completion)).toMatchObject({ stop_sequence: 'END' });
    expect(newAnswer(['A', 'B']).whole(completion)).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: null,
    });
  });

  it.each([
    [new UpstreamError('cut_short'), 'api_error', 'upstream_error'],
    [new UpstreamError('timed_out'), 'timeout_error', 'upstream_timeout'],
    [new UpstreamError('unreachable'), 'overloaded_error', 'upstream_unavailable'],
    [new UpstreamError('rate_limited'), 'rate_limit_error', 'rate_limit_exceeded'],
  ])('ends with Anthropic’s error event: %s', (error, type, error_code) => {
    expect(newAnswer().fail(error)).toEqual([
      { type: 'error', error: { type, message: error.message, details: { error_code } }, request_id: 'req' },
    ]);
  });

  it('names the field at fault', () => {
    expect(newAnswer().fail(new InvalidRequestError('no', 'messages[0]'))).toMatchObject([
      { error: { type: 'invalid_request_error', details: { param: 'messages[0]' } } },
    ]);
  });

  it('streams what Anthropic’s own SDK puts together to the message it gives whole', async () => {
    await fc.assert(
      fc.asyncProperty(splitAnswers, async ({ message, deltas }) => {
        const chunks = [
          ...deltas.map((delta) => chunkSaying(delta)),
          chunkSaying({}, 'stop'),
          { model: 'a/b', choices: [], usage },
        ];
        const lines = jsonLines(streamed(chunks));
        const built = await MessageStream.fromReadableStream(lines).finalMessage();
        const completion = { model: 'a/b', choices: [{ message, finish_reason: 'stop' }], usage };
        const { usage: counted, ...whole } = newAnswer().whole(completion);
        expect(built).toMatchObject(whole);
        expect(counted).toMatchObject(JSON.parse(JSON.stringify(built.usage)));
      }),
      { numRuns: 50 },
    );
  });
});

describe('stopReason', () => {
  const ending = { nativeFinishReason: undefined, hasToolCalls: false, hasRefusal: false };
  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool_calls', 'tool_use'],
    ['content_filter', 'refusal'],
    ['something_new', 'end_turn'],
    [undefined, null],
  ])('%s is %s', (finishReason, expected) => {
    expect(stopReason({ ...ending, finishReason })).toBe(expected);
  });

  it('looks at what was said where the reason says less', () => {
    expect(stopReason({ ...ending, finishReason: 'stop', hasToolCalls: true })).toBe('tool_use');
    expect(stopReason({ ...ending, finishReason: 'length', hasToolCalls: true })).toBe('max_tokens');
    expect(stopReason({ ...ending, finishReason: 'stop', hasRefusal: true })).toBe('refusal');
    expect(stopReason({ ...ending, finishReason: 'stop', nativeFinishReason: 'pause_turn' })).toBe(
      'pause_turn',
    );
  });
});
