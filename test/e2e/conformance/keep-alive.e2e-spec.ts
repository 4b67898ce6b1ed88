import Anthropic from '@anthropic-ai/sdk';
import type { ServerResponse } from 'node:http';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningProcess } from '../running-process.js';
import { newTenant, type Tenant, until } from '../tenant.js';
import { startGatewayBefore } from './gateway-before.js';
import { chunk, done, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.js';

const doors = [
  { door: 'chat/completions', body: { messages: [{ role: 'user', content: 'hi' }] }, sign: ': keep-alive\n' },
  { door: 'responses', body: { input: 'hi' }, sign: ': keep-alive\n' },
  {
    door: 'messages',
    body: { max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] },
    sign: 'event: ping\ndata: {"type":"ping"}\n\n',
  },
];

/** What is left when the signs of life are taken out: the answer as it is without any silence. */
const timeless = (text: string) => text.replaceAll(/"(created|completed)_at":\d+|_[0-9a-f]{32}/g, '');

describe('a stream in which nothing happens', () => {
  let upstream: ScriptedUpstream;
  let gateway: RunningProcess;
  let tenant: Tenant;
  let asked: ServerResponse[];
  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    gateway = await startGatewayBefore(upstream.url, { STREAM_KEEPALIVE_MS: '60' });
    tenant = await newTenant({ gatewayUrl: gateway.url });
  });
  beforeEach(() => {
    asked = [];
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      asked.push(response);
    };
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  const begin = chunk('{"role":"assistant","content":"one"}');
  const finish = chunk('{"content":" two"}') + chunk('{}', '"stop"') + done;
  const upstreamAsked = async () => {
    const [response] = await until(
      'the upstream to be asked',
      () => Promise.resolve(asked.splice(0)),
      ({ length }) => length > 0,
    );
    if (!response) throw new Error('Nobody asked');
    return response;
  };
  /** A call whose bytes are looked at as they come. */
  const streamed = (door: string, body: object) => {
    const seen = { text: '', isOver: false };
    const reading = (async () => {
      const response = await fetch(`${gateway.url}/v1/${door}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'sim/fast', stream: true, ...body }),
      });
      for await (const piece of response.body ?? []) seen.text += Buffer.from(piece).toString();
      seen.isOver = true;
    })();
    return { seen, reading };
  };
  const count = (text: string, sign: string) => text.split(sign).length - 1;

  it.each(doors)(
    'gets signs of life behind $door once it has begun, and is otherwise the same',
    async (row) => {
      const plain = streamed(row.door, row.body);
      (await upstreamAsked()).end(begin + finish);
      await plain.reading;

      const slow = streamed(row.door, row.body);
      const response = await upstreamAsked();
      response.write(begin);
      await until(
        'three signs of life',
        () => Promise.resolve(slow.seen.text),
        (text) => count(text, row.sign) >= 3,
      );
      response.end(finish);
      await slow.reading;
      expect(timeless(slow.seen.text.replaceAll(row.sign, ''))).toBe(timeless(plain.seen.text));
      expect(slow.seen.text.startsWith(row.sign)).toBe(false);
    },
  );

  it('gets none before it has begun, whatever the upstream comments', async () => {
    const body = doors[0]?.body ?? {};
    const waiting = streamed('chat/completions', body);
    const silent = await upstreamAsked();
    silent.write(': OPENROUTER PROCESSING\n\n');
    const begun = streamed('chat/completions', body);
    const other = await upstreamAsked();
    other.write(begin);
    await until(
      'signs of life in the one that has begun',
      () => Promise.resolve(begun.seen.text),
      (text) => count(text, ': keep-alive\n') >= 3,
    );
    expect(waiting.seen.text).toBe('');
    other.end(finish);
    silent.end(begin + finish);
    await Promise.all([waiting.reading, begun.reading]);
    expect(waiting.seen.text.startsWith(begin)).toBe(true);
  });

  it('is the same to the clients', async () => {
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: tenant.key, maxRetries: 0 });
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: tenant.key, maxRetries: 0 });
    const body = { model: 'sim/fast', messages: [{ role: 'user' as const, content: 'hi' }] };
    const calls = [
      () => openai.chat.completions.stream(body).finalContent(),
      async () =>
        (await openai.responses.stream({ model: 'sim/fast', input: 'hi' }).finalResponse()).output_text,
      () => anthropic.messages.stream({ ...body, max_tokens: 100 }).finalText(),
    ];
    for (const call of calls) {
      const answer = call();
      const response = await upstreamAsked();
      response.write(begin);
      // A call beside it shows that enough time has passed.
      const witness = streamed('chat/completions', doors[0]?.body ?? {});
      const other = await upstreamAsked();
      other.write(begin);
      await until(
        'signs of life beside it',
        () => Promise.resolve(witness.seen.text),
        (text) => count(text, ': keep-alive\n') >= 3,
      );
      response.end(finish);
      other.end(finish);
      await witness.reading;
      expect(await answer).toBe('one two');
    }
  });
});
