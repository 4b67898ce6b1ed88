import { isJsonObject, parseJson, stringOf } from '#common';
import { answeredWithin, type RedisCommands } from '#redis';
import type { AnswerSink } from '../answer-sink.js';
import { ClientStream } from '../client-stream.js';
import { type CompletionOutcome, nothingOwed } from '../completion-outcome.js';
import type { AnswerHeaders } from './kept-answer.js';

/** A whole answer, with what remembering and the ledger want to know of it. */
export interface CachedAnswer {
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
  readonly model: string;
  readonly text: string;
  readonly finishReason: string;
  /** Milliseconds since the epoch. */
  readonly storedAt: number;
}

/** How an answer ends that says all it had to say; a filtered or broken one may be another the next time. */
const endings: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls']);

/** What of an outcome is cached beside its bytes; undefined for one that is not to be cached. */
export const cacheable = ({
  status,
  statusCode,
  model,
  text,
  finishReason,
}: CompletionOutcome): Pick<CachedAnswer, 'model' | 'text' | 'finishReason'> | undefined => {
  const isWhole = status === 'completed' && statusCode === 200;
  return isWhole && finishReason !== undefined && endings.has(finishReason)
    ? { model, text, finishReason }
    : undefined;
};

/**
 * Answers a call with what another one was answered with; it ends well, and for nothing.
 * @throws ClientGoneError
 */
export async function answerAgain(answer: CachedAnswer, sink: AnswerSink): Promise<CompletionOutcome> {
  const startedAt = performance.now();
  const client = new ClientStream(sink);
  client.start(answer.headers);
  await client.write(answer.body);
  client.end();
  return outcomeOfAnother(answer, startedAt);
}

/** How a call ended that was given another one's answer: for nothing. @param startedAt milliseconds of performance.now() */
export function outcomeOfAnother(
  { model, text, finishReason }: Pick<CompletionOutcome, 'model' | 'text' | 'finishReason'>,
  startedAt: number,
): CompletionOutcome {
  return {
    status: 'completed',
    statusCode: 200,
    model,
    generationId: undefined,
    usage: nothingOwed,
    cost: '0',
    text,
    finishReason,
    firstChunkMs: undefined,
    latencyMs: performance.now() - startedAt,
    error: undefined,
  };
}

/** Whole answers by the hash of what was asked, in Redis, each workspace's apart. Methods throw when Redis is away or slow. */
export class ResponseCache {
  /** @param timeoutMs how long an answer of Redis is waited for */
  constructor(
    private readonly redis: RedisCommands,
    private readonly timeoutMs: number,
  ) {}

  /** @param hash SHA-256 of the question, in hex */
  async get(workspaceId: string, hash: string): Promise<CachedAnswer | undefined> {
    const [facts, body] = await answeredWithin(
      this.timeoutMs,
      this.redis.hmgetBuffer(keyOf(workspaceId, hash), 'facts', 'body'),
    );
    const known = facts && parseJson(facts.toString('utf8'));
    return body && isJsonObject(known) ? { ...toFacts(known), body } : undefined;
  }

  async put(workspaceId: string, hash: string, answer: CachedAnswer, ttlSeconds: number): Promise<void> {
    const { body, ...facts } = answer;
    const key = keyOf(workspaceId, hash);
    const transaction = this.redis
      .multi()
      .hset(key, { facts: JSON.stringify(facts), body })
      .expire(key, ttlSeconds);
    for (const [error] of (await answeredWithin(this.timeoutMs, transaction.exec())) ?? []) {
      if (error) throw error;
    }
  }
}

const keyOf = (workspaceId: string, hash: string): string => `response_cache:${workspaceId}:${hash}`;

function toFacts(known: Record<string, unknown>): Omit<CachedAnswer, 'body'> {
  const headers = isJsonObject(known['headers']) ? Object.entries(known['headers']) : [];
  return {
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    model: stringOf(known['model']) ?? '',
    text: stringOf(known['text']) ?? '',
    finishReason: stringOf(known['finishReason']) ?? '',
    storedAt: Number(known['storedAt']),
  };
}
