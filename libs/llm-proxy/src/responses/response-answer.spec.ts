import fc from 'fast-check';
import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#common';
import { UpstreamError } from '#openrouter';
import { chunkSaying, jsonLines, splitAnswers } from '#testing';
import { unpackDetails } from '../answer-parts/reasoning-details.js';
import { ResponseAnswer } from './response-answer.js';

const newAnswer = (asked: JsonObject = {}, wantsReasoning = false) => {
  let made = 0;
  const makeId = (prefix: string) => `${prefix}${++made}`;
  return new ResponseAnswer({ request: { asked: { model: 'm', ...asked }, wantsReasoning }, makeId });
};

const streamed = (chunks: JsonObject[], answer = newAnswer()) => [
  ...chunks.flatMap((chunk) => answer.chunk(chunk)),
  ...answer.done(),
];

const usage = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 60 },
  completion_tokens_details: { reasoning_tokens: 5 },
  cost: 0.001,
};
const counted = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 60, cache_write_tokens: 0 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 120,
  cost: 0.001,
};

describe('ResponseAnswer', () => {
  it('writes the numbered events of a text', () => {
    const events = streamed([
      chunkSaying({ role: 'assistant', content: '' }),
      chunkSaying({ content: 'Hel' }),
      chunkSaying({ content: 'lo' }, 'stop'),
      { model: 'a/b', choices: [], usage },
    ]);
    expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, i) => i));
    const within = { item_id: 'msg_2', output_index: 0, content_index: 0 };
    const part = { type: 'output_text', text: 'Hello', annotations: [], logprobs: [] };
    const item = { id: 'msg_2', status: 'completed', type: 'message', role: 'assistant', content: [part] };
    expect(events).toMatchObject([
      {
        type: 'response.created',
        response: { id: 'resp_1', status: 'in_progress', output: [], model: 'a/b' },
      },
      { type: 'response.in_progress', response: { id: 'resp_1', output: [] } },
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { id: 'msg_2', status: 'in_progress', content: [] },
      },
      { type: 'response.content_part.added', ...within, part: { ...part, text: '' } },
      { type: 'response.output_text.delta', ...within, delta: 'Hel', logprobs: [] },
      { type: 'response.output_text.delta', ...within, delta: 'lo' },
      { type: 'response.output_text.done', ...within, text: 'Hello' },
      { type: 'response.content_part.done', ...within, part },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { status: 'completed', output: [item], usage: counted } },
    ]);
  });

  it('writes function calls and refusals', () => {
    const events = streamed([
      chunkSaying({ refusal: 'no' }),
      chunkSaying(
        { tool_calls: [{ index: 0, id: 'c1', function: { name: 'f', arguments: '{}' } }] },
        'tool_calls',
      ),
    ]);
    expect(events.slice(2).map(({ type }) => type)).toEqual([
      'response.output_item.added',
      'response.content_part.added',
      'response.refusal.delta',
      'response.refusal.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const call = { id: 'fc_3', type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
    expect(events.at(-2)).toMatchObject({ output_index: 1, item: { ...call, status: 'completed' } });
  });

  it.each([
    [
      'reasoning.text',
      'response.reasoning_text.delta',
      { content: [{ type: 'reasoning_text', text: 'hm' }] },
    ],
    [
      'reasoning.summary',
      'response.reasoning_summary_text.delta',
      { summary: [{ type: 'summary_text', text: 'hm' }] },
    ],
  ])('gives %s as %s, and to whoever asks what brings it back', (type, delta, content) => {
    const details = [{ type, [type === 'reasoning.text' ? 'text' : 'summary']: 'hm', index: 0 }];
    const chunks = [
      chunkSaying({ reasoning: 'hm', reasoning_details: details }),
      chunkSaying({ content: 'x' }, 'stop'),
    ];
    const events = streamed(chunks, newAnswer({}, true));
    expect(events.map((event) => event.type)).toContain(delta);
    const done = events.find((event) => event.type === 'response.output_item.done');
    expect(done).toMatchObject({ item: { type: 'reasoning', ...content } });
    const item = done?.['item'] as JsonObject;
    expect(unpackDetails(item['encrypted_content'])).toEqual(details);
    expect(JSON.stringify(streamed(chunks))).not.toContain('encrypted_content');
  });

  it.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('is incomplete after %s', (finish, reason) => {
    const last = streamed([chunkSaying({ content: 'x' }, finish)]).at(-1);
    expect(last).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason }, output: [{ status: 'incomplete' }] },
    });
  });

  it('ends with OpenAI’s error event, then says what there was of the response', () => {
    const answer = newAnswer();
    answer.chunk(chunkSaying({ content: 'so far' }));
    const [error, failed] = answer.fail(new UpstreamError('rate_limited'));
    const { message } = new UpstreamError('rate_limited');
    expect(error).toMatchObject({ type: 'error', code: 'rate_limit_exceeded', message, sequence_number: 5 });
    expect(failed).toMatchObject({
      type: 'response.failed',
      sequence_number: 6,
      response: {
        status: 'failed',
        error: { code: 'rate_limit_exceeded', message },
        output: [{ status: 'incomplete', content: [{ text: 'so far' }] }],
      },
    });
    expect(
      newAnswer()
        .fail(new UpstreamError('cut_short'))
        .map(({ type }) => type),
    ).toEqual(['response.created', 'response.in_progress', 'error', 'response.failed']);
  });

  it('repeats what was asked, and claims to store nothing', () => {
    const asked = {
      instructions: 'i',
      metadata: { a: 'b' },
      temperature: 0.5,
      tools: [{ type: 'function' }],
      store: true,
    };
    const whole = newAnswer(asked).whole({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] });
    expect(whole).toMatchObject({ ...asked, store: false, object: 'response', model: 'm', usage: null });
  });

  it('streams what OpenAI’s own SDK puts together to the response it gives whole', async () => {
    await fc.assert(
      fc.asyncProperty(splitAnswers, async ({ message, deltas }) => {
        const chunks = [
          ...deltas.map((delta) => chunkSaying(delta)),
          chunkSaying({}, 'stop'),
          { model: 'a/b', choices: [], usage },
        ];
        const events = streamed(chunks);
        // Without the response in the last event: what counts is what the SDK built from those before it.
        const last = events.at(-1)?.['response'] as JsonObject;
        const lines = jsonLines([
          ...events.slice(0, -1),
          { ...events.at(-1), response: { ...last, output: null } },
        ]);
        const built = await ResponseStream.fromReadableStream(lines).finalResponse();
        const completion = { model: 'a/b', choices: [{ message, finish_reason: 'stop' }], usage };
        const { output, usage: total, id, status } = newAnswer().whole(completion);
        expect(built).toMatchObject({ output, usage: total, id, status });
        expect(last['output']).toEqual(output);
        expect(built.output_text).toBe(message['content']);
        const said = events.map(({ delta }) => (typeof delta === 'string' ? delta : '')).join('');
        const calls = message['tool_calls'] as { function: { arguments: string } }[];
        const made = calls.map((call) => call.function.arguments).join('');
        expect(said).toBe(`${String(message['reasoning'])}${String(message['content'])}${made}`);
      }),
      { numRuns: 50 },
    );
  });
});
