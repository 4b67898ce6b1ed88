import { describe, expect, it } from 'vitest';
import { packDetails } from '../answer-parts/reasoning-details.js';
import { readCompletionRequest } from '../completion-request.js';
import { readMessageRequest } from './message-request.js';

const hello = { role: 'user', content: 'hi' };

const chatOf = (body: object) =>
  JSON.parse(
    readMessageRequest(
      Buffer.from(JSON.stringify({ model: 'm', max_tokens: 9, messages: [hello], ...body })),
    ).chatBody.toString(),
  );
const messagesOf = (...messages: object[]) => chatOf({ messages }).messages;

describe('readMessageRequest', () => {
  it('translates the whole of a plain call', () => {
    const body = {
      system: 'Be brief.',
      stop_sequences: ['END'],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      metadata: { user_id: 'u' },
      service_tier: 'auto',
      stream: true,
      context: { recall: true },
      an_unknown_field: 1,
    };
    expect(chatOf(body)).toEqual({
      model: 'm',
      messages: [{ role: 'system', content: 'Be brief.' }, hello],
      max_tokens: 9,
      stop: ['END'],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      user: 'u',
      stream: true,
      stream_options: { include_usage: true },
      context: { recall: true },
    });
  });

  it('carries text, images and documents, and the cache’s breakpoints', () => {
    const cache_control = { type: 'ephemeral' };
    const content = [
      { type: 'text', text: 'look', cache_control },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
      {
        type: 'document',
        title: 'a.pdf',
        source: { type: 'base64', media_type: 'application/pdf', data: 'BB' },
      },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'plain' } },
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'in it' }] } },
    ];
    expect(messagesOf({ role: 'user', content })[0].content).toEqual([
      { type: 'text', text: 'look', cache_control },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'image_url', image_url: { url: 'https://x/y.png' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BB' } },
      { type: 'text', text: 'plain' },
      { type: 'text', text: 'in it' },
    ]);
    expect(chatOf({ system: [{ type: 'text', text: 's', cache_control }] }).messages[0]).toEqual({
      role: 'system',
      content: [{ type: 'text', text: 's', cache_control }],
    });
  });

  it('puts results of tools directly behind the calls, and what the user says after them', () => {
    const messages = messagesOf(
      hello,
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'one moment' },
          { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
          { type: 'tool_use', id: 't2', name: 'g', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'and then?' },
          { type: 'tool_result', tool_use_id: 't1', content: 'one' },
          {
            type: 'tool_result',
            tool_use_id: 't2',
            is_error: true,
            content: [{ type: 'text', text: 'two' }],
          },
          { type: 'tool_result', tool_use_id: 't3' },
        ],
      },
    );
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: 'one moment',
        tool_calls: [
          { id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 't2', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 't1', content: 'one' },
      { role: 'tool', tool_call_id: 't2', content: 'Error: two' },
      { role: 'tool', tool_call_id: 't3', content: '' },
      { role: 'user', content: 'and then?' },
    ]);
  });

  it('brings thinking back to the model as its vendor gave it', () => {
    const own = [{ type: 'reasoning.encrypted', data: 'x', format: 'google-gemini-v1', index: 0 }];
    const content = [
      { type: 'thinking', thinking: 'hm', signature: packDetails(own) },
      { type: 'thinking', thinking: 'claude’s', signature: 'ErUB' },
      { type: 'redacted_thinking', data: 'zzz' },
      { type: 'thinking', thinking: 'unsigned', signature: '' },
      { type: 'text', text: 'so' },
    ];
    const format = 'anthropic-claude-v1';
    expect(messagesOf(hello, { role: 'assistant', content })[1]).toEqual({
      role: 'assistant',
      content: 'so',
      reasoning_details: [
        ...own,
        { type: 'reasoning.text', text: 'claude’s', signature: 'ErUB', format },
        { type: 'reasoning.encrypted', data: 'zzz', format },
      ],
    });
  });

  it.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'any' }, 'required'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'f' },
      { type: 'function', function: { name: 'f' } },
    ],
  ])('translates tools and the choice %j', (tool_choice, chosen) => {
    const input_schema = { type: 'object', properties: {} };
    const tools = [
      { name: 'f', description: 'does', input_schema },
      { type: 'custom', name: 'g', input_schema },
    ];
    const chat = chatOf({ tools, tool_choice: { ...tool_choice, disable_parallel_tool_use: true } });
    expect(chat).toMatchObject({ tool_choice: chosen, parallel_tool_calls: false });
    expect(chat.tools).toEqual([
      { type: 'function', function: { name: 'f', description: 'does', parameters: input_schema } },
      { type: 'function', function: { name: 'g', parameters: input_schema } },
    ]);
  });

  it.each([
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, { max_tokens: 2000 }],
    [{ thinking: { type: 'adaptive' } }, { enabled: true }],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'low' } }, { enabled: false }],
    [{ output_config: { effort: 'high' } }, { effort: 'high' }],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, { effort: 'xhigh' }],
    [{}, undefined],
  ])('translates %j to reasoning %j', (body, reasoning) => {
    expect(chatOf(body).reasoning).toEqual(reasoning);
  });

  it.each([['output_config'], ['output_format']])('asks for the shape that %s names', (name) => {
    const format = { type: 'json_schema', schema: { type: 'object' } };
    const body = name === 'output_config' ? { output_config: { format } } : { output_format: format };
    expect(chatOf(body).response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', strict: true, schema: { type: 'object' } },
    });
  });

  it.each<[object, string]>([
    [{ model: 7 }, 'model'],
    [{ messages: undefined }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [hello, { role: 'user', content: ['x'] }] }, 'messages[1].content[0]'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
    [{ messages: [{ role: 'user', content: [{ type: 'server_tool_use' }] }] }, 'messages[0].content[0].type'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] },
      'messages[0].content[0].source.type',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'tool_result', content: 'x' }] }] },
      'messages[0].content[0].tool_use_id',
    ],
    [
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'i', name: 'n', input: 'x' }] }] },
      'messages[0].content[0].input',
    ],
    [{ system: 7 }, 'system'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ stop_sequences: [''] }, 'stop_sequences[0]'],
    [{ tools: [{ type: 'bash_20250124', name: 'bash' }] }, 'tools[0].type'],
    [{ tools: [{ name: 'f' }] }, 'tools[0].input_schema'],
    [{ tool_choice: { type: 'some' } }, 'tool_choice.type'],
    [{ tool_choice: { type: 'tool' } }, 'tool_choice.name'],
    [{ thinking: { type: 'enabled', budget_tokens: -1 } }, 'thinking.budget_tokens'],
    [{ output_config: { format: { type: 'xml' } } }, 'output_config.format.type'],
    [{ container: 'c' }, 'container'],
    [{ mcp_servers: [{ url: 'https://x' }] }, 'mcp_servers'],
    [{ metadata: { user_id: 7 } }, 'metadata.user_id'],
  ])('refuses %j, naming %s', (body, param) => {
    expect(() => chatOf(body)).toThrow(expect.objectContaining({ httpStatus: 400, param }));
  });

  it('takes what asks for nothing', () => {
    const nothing = { mcp_servers: [], container: null, tools: [], stop_sequences: [], system: null };
    expect(chatOf(nothing)).toEqual({ model: 'm', messages: [hello], max_tokens: 9, stream: false });
  });

  it('makes bodies that the chat path reads', () => {
    const { chatBody } = readMessageRequest(
      Buffer.from(
        JSON.stringify({ model: 'm', messages: [hello], max_tokens: 7, context: { session: 's' } }),
      ),
    );
    expect(readCompletionRequest(chatBody)).toMatchObject({
      model: 'm',
      messages: [hello],
      maxTokens: 7,
      context: { session: 's' },
    });
  });
});
