import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../tenant.js';
import { FuzzedProduct } from './fuzzed-product.js';
import type { RealAnswer } from './mangled-answers.js';
import { type MangledCall, mangledCall, questionFor, type RealAnswers } from './mangled-calls.js';
import { fuzzedRequest } from './request-bodies.js';
import { faultIn, type Reply } from './well-formed.js';

/** Requests in flight at once: together they are one case of fast-check's. */
const together = 40;
/** What is still held may grow by so much from the second quarter of a run to its end: caches that fill, no more. */
const mostGrowth = 12 * 1024 * 1024;

describe('the proxy under fuzz', { timeout: 300_000 }, () => {
  let product: FuzzedProduct;
  beforeAll(async () => {
    product = await FuzzedProduct.start();
  });
  afterAll(() => product?.stop());

  /** Four quarters of one run; `quarter` is told which. The heap is read where nothing is in flight. */
  async function inQuarters(quarter: (n: number) => Promise<void>): Promise<void> {
    const live: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      await quarter(n);
      await product.untilIdle();
      live.push(await product.heap.liveBytes());
    }
    const [, second = 0, , last = 0] = live;
    console.info(
      `live heap after each quarter, MB: ${live.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ')}`,
    );
    expect(last - second).toBeLessThan(mostGrowth);
    expect(await product.faultsInLog()).toEqual([]);
  }

  /** What a client would complain of, with the question that led to it. */
  const complaint = (reply: Reply, isAllowed: (status: number) => boolean, question: string) => {
    const fault = isAllowed(reply.status) ? faultIn(reply) : `status ${reply.status}`;
    return (
      fault &&
      `${fault}\n${reply.path} ${question.slice(0, 3_000)}\n→ ${reply.status} ${reply.text.slice(0, 1_000)}`
    );
  };

  it('answers 5,000 request bodies, good or bad, with sense and without a fault of its own', async () => {
    const statuses = new Map<number, number>();
    const check = async (requests: { path: string; body: Buffer; headers: Record<string, string> }[]) => {
      const replies = await Promise.all(
        requests.map(({ path, body, headers }) => product.post(path, body, headers)),
      );
      for (const { status } of replies) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const complaints = replies.map((reply, i) =>
        complaint(
          reply,
          (status) => status < 500,
          `${JSON.stringify(requests[i]?.headers)} ${String(requests[i]?.body)}`,
        ),
      );
      expect(complaints.filter((text) => text !== undefined)).toEqual([]);
    };
    const batch = fc.array(fuzzedRequest, { minLength: together, maxLength: together });
    await inQuarters(() => fc.assert(fc.asyncProperty(batch, check), { numRuns: 32, endOnFailure: true }));
    console.info('statuses of the bodies:', Object.fromEntries(statuses));
  });

  it('makes an answer or an error of 2,000 mangled upstream answers, at every door', async () => {
    const real = await realAnswers();
    const endings = new Map<string, number>();
    const ask = async ({ path, stream, usage, answer }: MangledCall) => {
      const model = product.upstream.modelAnswering(answer);
      const question = { model, ...questionFor(path, stream, usage) };
      const reply = await product.post(path, Buffer.from(JSON.stringify(question)));
      const broke = reply.status === 200 && /"error"|response\.failed/.test(reply.text.slice(-4_000));
      const ending = `${reply.status}${broke ? ' ending in an error' : ''}`;
      endings.set(ending, (endings.get(ending) ?? 0) + 1);
      const shown = `${JSON.stringify(question)} ${answer.head}${Buffer.concat([...answer.pieces]).toString()} (${answer.ending})`;
      return complaint(reply, (status) => status !== 500, shown);
    };
    const batch = fc.array(mangledCall(real), { minLength: together, maxLength: together });
    const check = async (calls: MangledCall[]) => {
      const complaints = await Promise.all(calls.map(ask));
      expect(complaints.filter((text) => text !== undefined)).toEqual([]);
    };
    await inQuarters(() => fc.assert(fc.asyncProperty(batch, check), { numRuns: 13, endOnFailure: true }));
    console.info('endings of the mangled answers:', Object.fromEntries(endings));
  });

  it('holds little of streams whose clients do not read, and loses none of them', async () => {
    const text = 'x'.repeat(64 * 1024);
    const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`;
    const end = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    const piece = Buffer.from(event);
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';
    const pieces = [...Array.from({ length: 400 }, () => piece), Buffer.from(end)];
    const model = product.upstream.modelAnswering({ head, pieces, ending: 'close' });
    const body = Buffer.from(
      JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'a' }] }),
    );
    const before = { live: await product.heap.liveBytes(), sent: product.upstream.sentBytes() };
    const streams = await Promise.all(
      Array.from({ length: 4 }, () => product.open('/v1/chat/completions', body)),
    );
    const seen: number[] = [];
    await until(
      'the upstream to be told to wait',
      async () => seen.push(product.upstream.sentBytes() - before.sent),
      // A second without a byte.
      () => seen.length > 20 && seen.at(-1) === seen.at(-21),
    );
    // What the kernel holds for four sockets is its own; most of the 100 MB is still to come.
    expect(seen.at(-1)).toBeLessThan(streams.length * piece.length * 390);
    // Of each: the upstream's 256 KB, what is on its way to the client, and up to a megabyte of text for the ledger.
    expect((await product.heap.liveBytes()) - before.live).toBeLessThan(streams.length * 4 * 1024 * 1024);
    for (const { body: stream } of streams) {
      let length = 0;
      let tail = '';
      for await (const bytes of stream) {
        length += (bytes as Buffer).length;
        tail = (bytes as Buffer).toString('latin1').slice(-300);
      }
      expect(tail).toMatch(/data: \[DONE\]\n\n$/);
      expect(length).toBe(piece.length * 400 + end.length);
    }
  });

  /** Answers of the simulator, by what asked for them: streams and JSON, of chat, text and embeddings. */
  async function realAnswers(): Promise<RealAnswers> {
    const messages = [{ role: 'user', content: 'Tell me of the lighthouse: café, 漢字, 😀.' }];
    const parameters = { type: 'object', properties: { a: { type: 'string' } } };
    const tools = [{ type: 'function', function: { name: 'f', parameters } }];
    const ask = async (
      path: string,
      body: { stream?: boolean } & Record<string, unknown>,
    ): Promise<RealAnswer> => {
      const response = await fetch(`${product.simulatorUrl}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer sk-or-v1-simulator' },
        body: JSON.stringify({ model: 'sim/fast', ...body }),
      });
      expect(response.status).toBe(200);
      const type = body.stream === true ? 'text/event-stream' : 'application/json';
      return { type, body: Buffer.from(await response.arrayBuffer()) };
    };
    const chat = (more: object) => ask('/chat/completions', { messages, ...more });
    return {
      chatStreams: await Promise.all([
        chat({ stream: true }),
        chat({ stream: true, reasoning: { effort: 'low' }, n: 2 }),
        chat({ stream: true, tools, tool_choice: 'required' }),
      ]),
      chatWhole: [await chat({}), await chat({ tools, tool_choice: 'required' })],
      textStreams: [await ask('/completions', { prompt: 'Tell me', stream: true })],
      textWhole: [await ask('/completions', { prompt: 'Tell me' })],
      embeddings: [await ask('/embeddings', { model: 'sim/embed', input: 'a' })],
    };
  }
});
