import type { JsonObject } from '#common';
import { chunksOf } from './chat-chunks.js';
import { replyHead, type ChatReply } from './chat-reply.js';
import type { Exchange } from './exchange.js';
import { garbageBody } from './json-reply.js';
import { errorObject } from './openrouter.error.js';

/** A keep-alive comment goes out before the first data event and then before every so many. */
const eventsPerComment = 4;

class SseWriter {
  readonly comment: string;
  private readonly newline: string;

  constructor(private readonly exchange: Exchange) {
    this.newline = exchange.fault.crlf ? '\r\n' : '\n';
    this.comment = `: OPENROUTER PROCESSING${this.newline}${this.newline}`;
  }

  data(event: JsonObject | '[DONE]'): Promise<void> {
    return this.exchange.write(this.frame(event));
  }

  /** Half of an event: the line stops where nobody can parse it. */
  torn(event: JsonObject): Promise<void> {
    const frame = this.frame(event);
    return this.exchange.write(frame.slice(0, frame.length / 2));
  }

  private frame(event: JsonObject | '[DONE]'): string {
    const data = typeof event === 'string' ? event : JSON.stringify(event);
    return `data: ${data}${this.newline}${this.newline}`;
  }
}

const strikesMidStream = ({ fault }: Exchange): boolean =>
  fault.cut === 'mid_stream' ||
  fault.hang === 'mid_stream' ||
  fault.body === 'truncated' ||
  fault.error_in_stream !== undefined;

async function strike(exchange: Exchange, sse: SseWriter, reply: ChatReply): Promise<void> {
  const { fault } = exchange;
  const head = replyHead(reply, 'chat.completion.chunk');
  const choice = { index: 0, delta: { content: '' } };
  if (fault.hang === 'mid_stream') await exchange.idle(Infinity, sse.comment);
  if (fault.cut === 'mid_stream') {
    // One turn of the event loop, so that what was written before does arrive.
    await exchange.idle(0);
    exchange.cut();
  }
  if (fault.error_in_stream) {
    const reasons = { finish_reason: 'error', native_finish_reason: 'error' };
    await sse.data({
      ...head,
      error: errorObject(fault.error_in_stream),
      choices: [{ ...choice, ...reasons }],
    });
  } else {
    await sse.torn({ ...head, choices: [{ ...choice, finish_reason: null }] });
  }
  exchange.end();
}

/** Bodies that are wrong from the first byte; true when one was sent. */
async function sendWrongBody(exchange: Exchange, sse: SseWriter): Promise<boolean> {
  const { body, error_in_body: error } = exchange.fault;
  if (error) await sse.data({ error: errorObject(error) });
  else if (body === 'garbage') await exchange.write(garbageBody);
  else if (body !== 'none') return false;
  exchange.end();
  return true;
}

/**
 * Streams a reply as OpenRouter does: comments, role first, words, the reason once, usage last, `[DONE]`.
 * @param said starts empty and grows by what each choice says as it is written: the truth for billing when the stream breaks off.
 * @param shape how a chunk is written
 */
export async function streamChat(
  exchange: Exchange,
  reply: ChatReply,
  said: string[],
  shape: (chunk: JsonObject) => JsonObject,
): Promise<void> {
  const { fault, call } = exchange;
  const sse = new SseWriter(exchange);
  await exchange.begin();
  exchange.open(200, {
    'content-type': fault.content_type ?? 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  if (fault.delay_body_ms) await exchange.idle(fault.delay_body_ms, sse.comment);
  if (await sendWrongBody(exchange, sse)) return;
  const struckAt = strikesMidStream(exchange) ? (fault.after_chunks ?? 3) : Infinity;
  for (const { event, index, said: words } of chunksOf(reply)) {
    if (call.chunks_sent >= struckAt) break;
    if (call.chunks_sent > 0) await exchange.idle(fault.delay_chunk_ms ?? 0, sse.comment);
    if (call.chunks_sent % eventsPerComment === 0) await exchange.write(sse.comment);
    await sse.data(shape(event));
    call.chunks_sent += 1;
    said[index] = (said[index] ?? '') + words;
  }
  // Also when the reply was shorter than `after_chunks`: a fault that was asked for never goes missing.
  if (struckAt !== Infinity) return strike(exchange, sse, reply);
  await sse.data('[DONE]');
  exchange.end();
}
