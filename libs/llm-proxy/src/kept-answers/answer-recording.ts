import { setTimeout as pause } from 'node:timers/promises';
import { metrics } from '#observability';
import { type AnswerHeaders, type AnswerName, type AnswerState, leaseMs } from './kept-answer.js';
import type { KeptAnswerStore } from './kept-answer.store.js';

/** Bytes are gathered for so long: what others read is at most so old, and a fast stream costs Redis ten writes a second. */
const gatherMs = 100;
/** Three signs of life a lease. */
const beatMs = leaseMs / 3;
const triesToEnd = 5;

/** What the recording of one answer needs. */
export interface AnswerRecordingParts {
  readonly store: KeptAnswerStore;
  readonly name: AnswerName;
  readonly owner: string;
  /** A longer answer is not kept. */
  readonly maxBytes: number;
  /** Milliseconds for which a whole answer can be read. */
  readonly keepMs: number;
}

/**
 * Writes an answer to Redis while it is made, and holds its claim. The call never waits for it and never fails by it: what
 * cannot be written is tried again with what came since, and a lost claim ends the recording, not the call.
 */
export class AnswerRecording {
  private headers: AnswerHeaders | undefined;
  /** Not known to be written. */
  private readonly pending: Buffer[] = [];
  private written = 0;
  private size = 0;
  private isBeginningNew = false;
  private wroteAt = performance.now();
  private writing: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;
  private given = false;

  constructor(private readonly parts: AnswerRecordingParts) {
    this.timer = setInterval(() => this.tick(), gatherMs);
    this.timer.unref();
  }

  /** Nobody will be able to read the answer: it is too long, or its claim is lost. */
  get isGivenUp(): boolean {
    return this.given;
  }

  begin(headers: AnswerHeaders): void {
    this.headers = headers;
    this.isBeginningNew = true;
  }

  append(bytes: Buffer): void {
    if (this.given) return;
    this.size += bytes.length;
    this.pending.push(bytes);
    if (this.size <= this.parts.maxBytes) return;
    if (this.parts.name.area === 'idempotency') metrics.answers.idempotentCalls.inc({ outcome: 'too_large' });
    this.giveUp();
    // Unheard, the claim lapses by itself.
    this.write('lost', leaseMs).catch(() => undefined);
  }

  /**
   * Its caller has left. When no other call has joined, the answer is forgotten, and its call may end.
   * @returns whether somebody waits for it
   * @throws when Redis is away
   */
  async isAwaited(): Promise<boolean> {
    const { store, name, owner } = this.parts;
    const isForgotten = await store.leave(name, owner);
    if (isForgotten) this.giveUp();
    return !isForgotten;
  }

  /**
   * Writes what is left, and how it ended.
   * @throws when Redis takes it in none of several tries: then the claim lapses, and a repeat is a new call
   */
  async end(state: Exclude<AnswerState, 'in_flight'>): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    for (let tries = 1; !this.given; tries += 1) {
      try {
        await this.write(state, state === 'whole' ? this.parts.keepMs : leaseMs);
        return;
      } catch (error) {
        if (tries === triesToEnd) throw error;
        await pause(tries * gatherMs);
      }
    }
  }

  private tick(): void {
    const isQuiet = this.pending.length === 0 && !this.isBeginningNew;
    if (this.writing || (isQuiet && performance.now() - this.wroteAt < beatMs)) return;
    this.writing = this.write('in_flight', leaseMs)
      .catch(() => undefined)
      .finally(() => (this.writing = undefined));
  }

  private async write(state: AnswerState, ttlMs: number): Promise<void> {
    const { store, name, owner } = this.parts;
    const pieces = state === 'lost' ? [] : [...this.pending];
    const bytes = Buffer.concat(pieces);
    const { headers, written: offset } = this;
    const isOurs = await store.record(name, owner, { state, ttlMs, headers, offset, bytes });
    if (!isOurs) this.giveUp();
    this.pending.splice(0, pieces.length);
    this.written += bytes.length;
    this.isBeginningNew = this.headers !== headers;
    this.wroteAt = performance.now();
  }

  private giveUp(): void {
    this.given = true;
    this.pending.length = 0;
    clearInterval(this.timer);
  }
}
