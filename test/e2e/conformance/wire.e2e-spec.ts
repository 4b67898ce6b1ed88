import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawRequest } from '#testing';
import type { RunningProcess } from '../running-process.js';
import { newTenant, type Tenant } from '../tenant.js';
import { startGatewayBefore } from './gateway-before.js';
import {
  chunk,
  done,
  json,
  type ScriptedUpstream,
  sse,
  startScriptedUpstream,
  usageChunk,
} from './scripted-upstream.js';

/** Bytes that a parse and a new serialisation would change: spaces, escapes, numbers beyond doubles, order. */
const oddMembers = '"x" :\t[1.0, 1e2,12345678901234567890,-0.0 ] ,"ö":"caf\\u00e9 \\/ \\ud83d\\ude00 ☕"';
const oddRequest = `\n{ "messages":[ {"role":"user" , "content":"h\\u0069"}], ${oddMembers},\r\n "model":"sim\\/fast"} `;
const oddAnswer = ` { "id":"gen-1","model":"sim/fast", ${oddMembers},"choices":[{"index":0,"message":{"role":"assistant","content":"h\\u0069"},"finish_reason":"stop"}], "usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4,"cost":1.50e-6}}\n`;
const said = chunk('{"role":"assistant","content":""}') + chunk(`{"content":"h\\u0069", ${oddMembers}}`);
const ended = chunk('{}', '"stop"');

describe('bytes on the wire', () => {
  let upstream: ScriptedUpstream;
  let gateway: RunningProcess;
  let tenant: Tenant;
  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    gateway = await startGatewayBefore(upstream.url);
    tenant = await newTenant({ gatewayUrl: gateway.url });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.close();
  });
  const post = (body: string, path = '/v1/chat/completions', headers: Record<string, string> = {}) =>
    rawRequest(gateway.url + path, {
      headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json', ...headers },
      body,
    });
  const streamed = (extra = '') =>
    `{"model":"sim/fast", "stream" : true${extra},"messages":[{"role":"user","content":"hi"}]}`;
  const sent = () => upstream.calls.at(-1)?.body.toString() ?? '';

  it('a JSON call and its answer, untouched', async () => {
    upstream.answer = json(oddAnswer);
    const answer = await post(oddRequest);
    expect(sent()).toBe(oddRequest);
    expect(answer.text).toBe(oddAnswer);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(oddAnswer)));
  });

  it('a stream and its call, with the wish for usage put in and the chunk that counts taken out', async () => {
    upstream.answer = sse(said + ended + usageChunk + done);
    const answer = await post(streamed());
    expect(sent().replace('"stream_options":{"include_usage":true},', '')).toBe(streamed());
    expect(answer.text).toBe(said + ended + done);
  });

  it.each([
    ['OpenAI’s option', '/v1', ',"stream_options":{"include_usage":true}'],
    ['OpenRouter’s older member', '/v1', ',"usage":{"include":true}'],
    ['OpenRouter’s path, where it always comes', '/api/v1', ''],
  ])('the chunk that counts stays for %s', async (_name, prefix, extra) => {
    upstream.answer = sse(said + ended + usageChunk + done);
    const answer = await post(streamed(extra), `${prefix}/chat/completions`);
    expect(sent()).toContain('"include_usage":true');
    expect(answer.text).toBe(said + ended + usageChunk + done);
  });

  it('heads of a stream as clients and proxies want them', async () => {
    upstream.answer = sse(said + ended + done);
    const { status, headers } = await post(streamed(), undefined, { connection: 'keep-alive' });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
      'x-request-id': expect.stringMatching(/^\S{8,}$/),
    });
    expect(headers['content-length']).toBeUndefined();
  });

  it('comments of the upstream: dropped, or bare lines; never an event, and never before the first one', async () => {
    const comment = ': OPENROUTER PROCESSING\n';
    upstream.answer = sse(`${comment}\n${comment}\n${said}${comment}\n${comment}${ended}${comment}\n${done}`);
    const answer = await post(streamed());
    expect(answer.text.replaceAll(comment, '')).toBe(said + ended + done);
    expect(answer.text).not.toContain(`${comment}\n`);
    expect(answer.text.startsWith('data: {')).toBe(true);
  });

  it('a stream that fails before its first real chunk still gets a status', async () => {
    upstream.answer = sse(
      `: OPENROUTER PROCESSING\n\n${chunk('{"role":"assistant","content":""}')}data: {"error":{"code":413,"message":"too much"}}\n\n`,
    );
    const answer = await post(streamed());
    expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([413, 'too much']);
  });

  it('events that end in CRLF, and a last one without its blank line', async () => {
    const crlf = (said + ended).replaceAll('\n', '\r\n');
    upstream.answer = sse(`${crlf}data: [DONE]`);
    const answer = await post(streamed());
    expect(answer.text).toBe(`${crlf}${done}`);
  });

  it('embeddings, base64 and all', async () => {
    const embedding = Buffer.from(new Float32Array([0.1, -2.5, 3e-38]).buffer).toString('base64');
    const reply = `{"object":"list" ,"data":[ {"object":"embedding","index":0,"embedding":"${embedding}"}],"model":"sim/embed","usage":{"prompt_tokens":2,"total_tokens":2}, ${oddMembers}}`;
    const body = `{ "model":"sim/embed","input" : "h\\u0069","encoding_format":"base64", ${oddMembers}}`;
    upstream.answer = json(reply);
    const answer = await post(body, '/v1/embeddings');
    expect(sent()).toBe(body);
    expect(answer.text).toBe(reply);
  });

  it('whatever OpenRouter’s callers say to it, but `models`, which the gateway tries itself', async () => {
    const image =
      '{"type":"image_url" ,"image_url":{"url":"data:image\\/png;base64,iVBORw0KGgo=","detail":"low"}}';
    const members = [
      `"messages":[{"role":"user","content":[{"type":"text","text":"what is it?"}, ${image}]}]`,
      '"reasoning":{"effort":"high","exclude":false }',
      '"provider":{"order":["a","b"],"allow_fallbacks":false,"max_price":{"prompt":1.0}}',
      '"plugins":[ {"id":"web","max_results":3}]',
      '"transforms":["middle-out"]',
      '"route":"fallback","user":"u","session_id":"s","top_k":1,"min_p":0.10,"top_a":0,"repetition_penalty":1.0',
      '"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}], "tool_choice":"auto"',
      '"response_format":{"type":"json_object"}, "prediction":{"type":"content","content":"x"}, "debug":{"echo":true}',
    ].join(', ');
    upstream.answer = json(oddAnswer);
    const answer = await post(`{"model":"sim/fast","models":["sim/vendor-b/slash-model"],${members}}`);
    expect(answer.status).toBe(200);
    expect(sent()).toBe(`{"model":"sim/fast",${members}}`);
  });

  it('names with slashes, escaped or not', async () => {
    const other = await newTenant();
    for (const id of ['sim/vendor-b/slash-model', 'sim%2Fvendor-b%2Fslash-model']) {
      const { status, body } = await other.call('GET', `/v1/models/${id}`);
      expect([status, body.id]).toEqual([200, 'sim/vendor-b/slash-model']);
    }
    upstream.answer = json(oddAnswer);
    await post(oddRequest.replace('sim\\/fast', 'sim\\/vendor-b\\/slash-model'));
    expect(JSON.parse(sent()).model).toBe('sim/vendor-b/slash-model');
  });

  it('our key and name, never the tenant’s', async () => {
    upstream.answer = json(oddAnswer);
    await post(oddRequest, undefined, { cookie: 'a=b', 'x-api-key': tenant.key });
    const { headers } = upstream.calls.at(-1) ?? {};
    expect(headers?.authorization).toBe('Bearer sk-or-v1-simulator');
    expect(JSON.stringify(headers)).not.toContain(tenant.key);
    expect(headers?.cookie).toBeUndefined();
  });
});
