import { isJsonObject, parseJson } from '#common';
import { answeredWithin, LuaScript, type RedisCommands } from '#redis';
import type { AnswerHeaders, AnswerName, AnswerState, Claim, WrittenAnswer } from './kept-answer.js';

/** What is added to an answer. */
export interface AnswerPiece {
  readonly state: AnswerState;
  readonly ttlMs: number;
  readonly headers: AnswerHeaders | undefined;
  /** Where the bytes belong in the body. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Answers that are made once for several calls, in Redis. Every method throws when Redis is away or slow. */
export class KeptAnswerStore {
  private readonly claimScript: LuaScript;
  private readonly recordScript: LuaScript;
  private readonly leaveScript: LuaScript;

  /** @param timeoutMs how long an answer of Redis is waited for */
  constructor(
    private readonly redis: RedisCommands,
    private readonly timeoutMs: number,
  ) {
    this.claimScript = new LuaScript(redis, new URL('./claim-answer.lua', import.meta.url));
    this.recordScript = new LuaScript(redis, new URL('./record-answer.lua', import.meta.url));
    this.leaveScript = new LuaScript(redis, new URL('./leave-answer.lua', import.meta.url));
  }

  /** @param owner a new id. @param fingerprint of the request: the same for a repeat of it */
  async claim(name: AnswerName, owner: string, fingerprint: string, leaseMs: number): Promise<Claim> {
    const reply = await this.ask(this.claimScript.run(keysOf(name), [owner, fingerprint, leaseMs]));
    const [kind, by, state]: unknown[] = Array.isArray(reply) ? reply : [];
    if (kind === 'reused') return { kind };
    if (kind === 'claimed') return { kind, owner: String(by) };
    if (kind === 'known') return { kind, owner: String(by), isWhole: state === 'whole' };
    throw new TypeError(`claim-answer.lua answered ${JSON.stringify(reply)}`);
  }

  /** @returns false when the answer is not this owner's any more: its claim lapsed, or Redis lost it */
  async record(name: AnswerName, owner: string, piece: AnswerPiece): Promise<boolean> {
    const { state, ttlMs, headers, offset, bytes } = piece;
    const args = [owner, state, ttlMs, headers ? JSON.stringify(headers) : '', offset, bytes];
    return (await this.ask(this.recordScript.run(keysOf(name), args))) === 1;
  }

  /** Forgets an answer that its caller has left. @returns false when another call waits for it, and it stays */
  async leave(name: AnswerName, owner: string): Promise<boolean> {
    return (await this.ask(this.leaveScript.run(keysOf(name), [owner]))) === 1;
  }

  /** The answer and its bytes from an offset on, at one moment; undefined when there is none. */
  async read(name: AnswerName, offset: number): Promise<WrittenAnswer | undefined> {
    const [recordKey, bodyKey] = keysOf(name);
    const transaction = this.redis
      .multi()
      .hmget(recordKey, 'owner', 'state', 'headers')
      .getrangeBuffer(bodyKey, offset, -1);
    const [fields, bytes] = ((await this.ask(transaction.exec())) ?? []).map(([error, reply]) => {
      if (error) throw error;
      return reply;
    });
    const [owner, state, headers]: unknown[] = Array.isArray(fields) ? fields : [];
    if (typeof owner !== 'string' || !isWritten(state) || !Buffer.isBuffer(bytes)) return undefined;
    return { owner, state, headers: typeof headers === 'string' ? toHeaders(headers) : undefined, bytes };
  }

  private ask<T>(reply: Promise<T>): Promise<T> {
    return answeredWithin(this.timeoutMs, reply);
  }
}

const keysOf = ({ area, workspaceId, keyHash }: AnswerName): [record: string, body: string] => {
  const key = `${area}:${workspaceId}:${keyHash}`;
  return [key, `${key}:body`];
};

const isWritten = (state: unknown): state is WrittenAnswer['state'] =>
  state === 'in_flight' || state === 'whole' || state === 'failed';

function toHeaders(text: string): AnswerHeaders | undefined {
  const headers = parseJson(text);
  if (!isJsonObject(headers)) return undefined;
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
