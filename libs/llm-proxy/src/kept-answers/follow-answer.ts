import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerSink } from '../answer-sink.js';
import { ClientStream } from '../client-stream.js';
import { AnswerInterruptedError } from '../llm-proxy.errors.js';
import {
  type AnswerHeaders,
  type AnswerName,
  type Followed,
  leaseMs,
  type WrittenAnswer,
} from './kept-answer.js';
import type { KeptAnswerStore } from './kept-answer.store.js';

/** How often an answer in flight is looked at. */
const pollMs = 100;

/** An answer, and who makes it. */
export interface FollowedAnswer {
  readonly name: AnswerName;
  readonly owner: string;
}

/**
 * Gives a client the answer that another call makes or has made: a stream as it grows, anything else when it is whole.
 *
 * @param signal aborts when the client leaves; its reason is thrown
 * @throws AnswerInterruptedError when it came to nothing on its way
 */
export async function followAnswer(
  store: KeptAnswerStore,
  { name, owner }: FollowedAnswer,
  sink: AnswerSink,
  signal: AbortSignal,
): Promise<Followed> {
  const client = new ClientStream(sink);
  let offset = 0;
  let heardAt = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const seen = await store.read(name, offset).catch(() => 'unknown' as const);
    if (seen !== 'unknown') heardAt = performance.now();
    // For as long as its owner's silence is forgiven, so is that of Redis.
    else if (performance.now() - heardAt < leaseMs) {
      await pause(pollMs);
      continue;
    }
    if (seen === 'unknown' || seen?.owner !== owner || (seen.state === 'failed' && !client.hasBegun)) {
      if (client.hasBegun) throw new AnswerInterruptedError();
      return 'nothing';
    }
    if (!client.hasBegun && mayBegin(seen)) client.start(seen.headers);
    if (client.hasBegun && seen.bytes.length > 0) {
      offset += seen.bytes.length;
      await client.write(seen.bytes);
    }
    if (seen.state !== 'in_flight') {
      client.end();
      return seen.state;
    }
    await pause(pollMs);
  }
}

/** What is no stream has an end that counts: nobody wants half of it. */
const mayBegin = (seen: WrittenAnswer): seen is WrittenAnswer & { headers: AnswerHeaders } =>
  seen.headers !== undefined &&
  (seen.state === 'whole' || seen.headers['content-type']?.startsWith('text/event-stream') === true);
