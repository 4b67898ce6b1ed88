import { Injectable } from '@nestjs/common';
import { BackgroundTasks, newId } from '#common';
import { AppConfig } from '#config';
import {
  AnswerRecording,
  type AnswerName,
  type AnswerSink,
  CollectingSink,
  type CompletionOutcome,
  followAnswer,
  type Followed,
  KeptAnswerStore,
  leaseMs,
  RecordingSink,
} from '#llm-proxy';
import { metrics } from '#observability';

/** A question that is asked at this moment. */
export interface Flight {
  readonly name: AnswerName;
  /** Who makes the answer. */
  readonly owner: string;
  /** `leads`: it is this call that does · `joins`: it gets that answer · `late`: the answer was whole before it came. */
  readonly part: 'leads' | 'joins' | 'late';
}

/** Milliseconds for which those who joined can read on at a whole answer, however slow their clients are. */
const readableMs = 120_000;

/** Makes an answer. @param signal aborts when nobody waits for it any more */
export type Make = (sink: AnswerSink, signal: AbortSignal) => Promise<CompletionOutcome>;

/** Keeps what was made, beside the call. @returns whether others may be given it */
export type Keep = (outcome: CompletionOutcome, copy: CollectingSink['collected']) => Promise<boolean>;

/** What its owner does with a flight. */
export interface Leading {
  /** Aborts when the owner's client leaves. */
  readonly signal: AbortSignal;
  readonly make: Make;
  readonly keep: Keep;
}

/** Calls with the same question at the same time, on whatever gateways: one makes the answer, the others get it as it grows. */
@Injectable()
export class AnswerFlights {
  constructor(
    private readonly config: AppConfig,
    private readonly store: KeptAnswerStore,
    private readonly background: BackgroundTasks,
  ) {}

  /** Joins the flight of a question, or begins it. @returns undefined without Redis: then everybody asks */
  async enter(workspaceId: string, keyHash: string): Promise<Flight | undefined> {
    const name: AnswerName = { area: 'response_cache_flight', workspaceId, keyHash };
    try {
      const claim = await this.store.claim(name, newId(), keyHash, leaseMs);
      if (claim.kind === 'reused') return undefined;
      const part = claim.kind === 'claimed' ? 'leads' : claim.isWhole ? 'late' : 'joins';
      return { name, owner: claim.owner, part };
    } catch {
      metrics.redis.errors.inc({ operation: 'cache' });
      return undefined;
    }
  }

  /** @throws AnswerInterruptedError when it came to nothing on its way; the signal's reason */
  follow(flight: Flight, sink: AnswerSink, signal: AbortSignal): Promise<Followed> {
    return followAnswer(this.store, flight, sink, signal);
  }

  /**
   * Makes the answer for all of them. When the client leaves, the call ends at once, as any does, unless somebody has joined it
   * by then: nobody's answer breaks off because somebody else left.
   * @throws whatever `make` throws
   */
  async lead(
    { name, owner }: Flight,
    sink: AnswerSink,
    { signal, make, keep }: Leading,
  ): Promise<CompletionOutcome> {
    const { store } = this;
    const maxBytes = this.config.answers.ANSWERS_MAX_BYTES;
    const recording = new AnswerRecording({ store, name, owner, maxBytes, keepMs: readableMs });
    const shared = new RecordingSink(sink, recording, (begun) => begun);
    const ending = new AbortController();
    const leave = () => void this.leave(recording, ending);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    // Outside of what is shared: it has all of the answer also when its first client has left.
    const copy = new CollectingSink(shared, maxBytes);
    const made = make(copy, ending.signal);
    this.background.run('share answer', async () => {
      const outcome = await made.catch(() => undefined);
      signal.removeEventListener('abort', leave);
      const isKept = outcome !== undefined && (await keep(outcome, copy.collected));
      await recording.end(isKept ? 'whole' : shared.hasEnded ? 'failed' : 'lost');
    });
    return made;
  }

  private async leave(recording: AnswerRecording, ending: AbortController): Promise<void> {
    const isAwaited = await recording.isAwaited().catch(() => false);
    if (!isAwaited) ending.abort();
  }
}
