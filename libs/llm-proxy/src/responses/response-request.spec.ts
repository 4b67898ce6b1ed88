import { describe, expect, it } from 'vitest';
import { packDetails } from '../answer-parts/reasoning-details.js';
import { readCompletionRequest } from '../completion-request.js';
import { readResponseRequest } from './response-request.js';

const read = (body: object) =>
  readResponseRequest(Buffer.from(JSON.stringify({ model: 'm', input: 'hi', ...body })));
const chatOf = (body: object) => JSON.parse(read(body).chatBody.toString());
const messagesOf = (...input: object[]) => chatOf({ input }).messages;

describe('readResponseRequest', () => {
  it('translates the whole of a plain call', () => {
    const body = {
      instructions: 'Be brief.',
      max_output_tokens: 9,
      temperature: 0.5,
      top_p: 0.9,
      parallel_tool_calls: false,
      metadata: { a: 'b' },
      user: 'u',
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low' },
      truncation: 'auto',
      store: true,
      stream: true,
      provider: { sort: 'price' },
      context: { recall: true },
      an_unknown_field: 1,
    };
    expect(chatOf(body)).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hi' },
      ],
      max_tokens: 9,
      temperature: 0.5,
      top_p: 0.9,
      parallel_tool_calls: false,
      metadata: { a: 'b' },
      user: 'u',
      reasoning: { effort: 'low' },
      verbosity: 'low',
      transforms: ['middle-out'],
      provider: { sort: 'price' },
      stream: true,
      stream_options: { include_usage: true },
      context: { recall: true },
    });
  });

  it('carries text, images and files', () => {
    const content = [
      { type: 'input_text', text: 'look' },
      { type: 'input_image', image_url: 'https://x/y.png', detail: 'low' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BB' },
      { type: 'input_file', file_url: 'https://x/a.pdf' },
    ];
    expect(messagesOf({ role: 'user', content })[0].content).toEqual([
      { type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'low' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BB' } },
      { type: 'file', file: { filename: 'file', file_data: 'https://x/a.pdf' } },
    ]);
  });

  it('makes one assistant message of what was thought, said and called in a turn', () => {
    const details = [{ type: 'reasoning.encrypted', id: 'rs', data: 'x', format: 'openai-responses-v1' }];
    const output = { type: 'output_text', text: 'one moment', annotations: [] };
    const messages = messagesOf(
      { role: 'user', content: 'hi' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: packDetails(details) },
      { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [output] },
      { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'c2', name: 'g', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'one' },
      { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'two' }] },
      { role: 'developer', content: 'go on' },
    );
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: 'one moment',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'c2', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
        reasoning_details: details,
      },
      { role: 'tool', tool_call_id: 'c1', content: 'one' },
      { role: 'tool', tool_call_id: 'c2', content: 'two' },
      { role: 'developer', content: 'go on' },
    ]);
  });

  it('brings back reasoning in words where that is all there is, and not without anything said', () => {
    const reasoning = { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'hm' }] };
    const user = { role: 'user', content: 'hi' };
    expect(messagesOf(user, reasoning, { role: 'assistant', content: 'so' })[1]).toEqual({
      role: 'assistant',
      content: 'so',
      reasoning: 'hm',
    });
    expect(messagesOf(reasoning, user)).toEqual([user]);
  });

  it('translates functions, and the shape of the answer', () => {
    const schema = { type: 'object', properties: {} };
    const chat = chatOf({
      tools: [{ type: 'function', name: 'f', description: 'does', parameters: schema, strict: true }],
      tool_choice: { type: 'function', name: 'f' },
      text: { format: { type: 'json_schema', name: 'n', schema, strict: true } },
    });
    const made = { name: 'f', description: 'does', parameters: schema, strict: true };
    expect(chat).toMatchObject({
      tools: [{ type: 'function', function: made }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } },
    });
    expect(chatOf({ text: { format: { type: 'json_object' } } }).response_format).toEqual({
      type: 'json_object',
    });
    expect(chatOf({ text: { format: { type: 'text' } } }).response_format).toBeUndefined();
  });

  it('offers only the tools that are allowed', () => {
    const tools = ['f', 'g'].map((name) => ({ type: 'function', name, parameters: {} }));
    const tool_choice = { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'g' }] };
    const chat = chatOf({ tools, tool_choice });
    expect(chat.tools.map((tool: { function: { name: string } }) => tool.function.name)).toEqual(['g']);
    expect(chat.tool_choice).toBe('required');
  });

  it.each<[object, string]>([
    [{ model: 7 }, 'model'],
    [{ input: undefined }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: 7 }, 'input'],
    [{ input: ['x'] }, 'input[0]'],
    [{ input: [{ content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'tool', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, 'input[0].content[0].text'],
    [{ input: [{ role: 'user', content: [{ type: 'hologram' }] }] }, 'input[0].content[0].type'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
      'input[0].content[0].file_id',
    ],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, 'input[0].type'],
    [{ input: [{ type: 'function_call', call_id: 'c', name: 'f' }] }, 'input[0].arguments'],
    [{ input: [{ type: 'function_call_output', call_id: 'c' }] }, 'input[0].output'],
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ prompt: { id: 'p' } }, 'prompt'],
    [{ background: true }, 'background'],
    [{ include: ['message.output_text.logprobs'] }, 'include'],
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tool_choice: 'sometimes' }, 'tool_choice'],
    [{ tool_choice: { type: 'web_search' } }, 'tool_choice'],
    [{ text: { format: { type: 'xml' } } }, 'text.format.type'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ instructions: [] }, 'instructions'],
    [{ stream: 'yes' }, 'stream'],
  ])('refuses %j, naming %s', (body, param) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ httpStatus: 400, param }));
  });

  it('takes what asks for nothing', () => {
    const nothing = { previous_response_id: null, background: false, store: false, tools: [], include: [] };
    expect(chatOf(nothing)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
      stream: false,
    });
    expect(read({ include: ['reasoning.encrypted_content'] }).wantsReasoning).toBe(true);
  });

  it('makes bodies that the chat path reads', () => {
    const { chatBody } = read({ max_output_tokens: 7, context: { session: 's' }, models: ['n'] });
    expect(readCompletionRequest(chatBody)).toMatchObject({
      models: ['m', 'n'],
      maxTokens: 7,
      context: { session: 's' },
    });
  });
});
