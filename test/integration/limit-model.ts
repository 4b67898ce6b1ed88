import type { LimitName } from '#common';
import type { LimitedCaller } from '#rate-limit';
import { peekBucket, settleBucket, takeFromBucket } from '../../libs/rate-limit/src/gcra.js';

const dayMs = 86_400_000;
const rememberedMs = 2 * dayMs;

interface Held {
  callId: string;
  tokens: number;
  day: number;
  until: number;
}

/** What an admission answers, as far as the model says it. */
export interface ModelDecision {
  refusedBy: LimitName | undefined;
  shadowed: LimitName[];
  retryMs: number;
  requestsLeft: number;
  tokensLeft: number | undefined;
  slotsLeft: number | undefined;
  workspaceLeft: number | undefined;
  dayLeft: number;
  tokensUntil: number | undefined;
}

/**
 * The limits of one workspace in plain TypeScript: lists and loops, no Redis. What the scripts must do, said a second time and
 * as simply as it can be; only the bucket's arithmetic is shared (gcra.ts, which has properties of its own).
 */
export class LimitModel {
  now = 0;
  /** What the ledger would say of each day. */
  readonly ledger = new Map<number, number>();
  private arrivals = new Map<string, number>();
  private slots: { keyHash: string; callId: string; until: number }[] = [];
  private reservations: Held[] = [];
  private lapsed: Held[] = [];
  private count: { day: number; tokens: number } | undefined;
  private known: number | undefined;

  constructor(private readonly lapseAfterMs: number) {}

  /** Redis loses its memory. */
  flush(): void {
    this.arrivals = new Map();
    this.slots = [];
    this.reservations = [];
    this.lapsed = [];
    this.count = undefined;
    this.known = undefined;
  }

  get today(): number {
    return Math.floor(this.now / dayMs);
  }

  /** The day's count as it stands in Redis; null when it is not there. */
  get quota(): string | null {
    return this.count?.day === this.today ? String(this.count.tokens) : null;
  }

  admit(caller: LimitedCaller, callId: string, tokens: number): ModelDecision {
    const { limits, keyHash } = caller;
    this.countToday();
    this.reap();
    this.slots = this.slots.filter(({ until }) => until > this.now);
    const used = this.count?.day === this.today ? this.count.tokens : 0;
    const inFlight = this.slots.filter((slot) => slot.keyHash === keyHash).length;
    const take = (name: string, size: number, windowSeconds: number, amount: number) =>
      takeFromBucket({ size, windowSeconds }, this.arrivals.get(name) ?? 0, this.now, amount);
    const requests = take(`requests ${keyHash}`, limits.requests, limits.windowSeconds, 1);
    const minute = limits.tokens === 0 ? undefined : take(`tokens ${keyHash}`, limits.tokens, 60, tokens);
    const { workspaceRequests, workspaceWindowSeconds } = limits;
    const workspace =
      workspaceRequests === 0 ? undefined : take('workspace', workspaceRequests, workspaceWindowSeconds, 1);
    const waits: [LimitName, number][] = [
      ['requests', requests.retryMs],
      ['tokens', minute?.retryMs ?? 0],
      ['parallel', limits.parallel > 0 && tokens > 0 && inFlight >= limits.parallel ? 1_000 : 0],
      ['workspace_requests', workspace?.retryMs ?? 0],
      [
        'daily_tokens',
        tokens > 0 && used + tokens > limits.dailyTokens ? (this.today + 1) * dayMs - this.now : 0,
      ],
    ];
    const exceeded = waits.filter(([, wait]) => wait > 0);
    const shadowed = exceeded.map(([name]) => name).filter((name) => limits.shadow.includes(name));
    const [refusal] = exceeded
      .filter(([name]) => !limits.shadow.includes(name))
      .toSorted(([, one], [, other]) => other - one);
    const isIn = refusal === undefined;
    const kept = (name: string, size: number, window: number, decision: typeof requests | undefined) => {
      if (!decision) return undefined;
      if (isIn && decision.allowed) this.arrivals.set(name, decision.arrival);
      return peekBucket({ size, windowSeconds: window }, this.arrivals.get(name) ?? 0, this.now).remaining;
    };
    const answer = {
      refusedBy: refusal?.[0],
      shadowed,
      retryMs: refusal?.[1] ?? 0,
      requestsLeft: kept(`requests ${keyHash}`, limits.requests, limits.windowSeconds, requests) ?? 0,
      tokensLeft: kept(`tokens ${keyHash}`, limits.tokens, 60, minute),
      workspaceLeft: kept('workspace', workspaceRequests, workspaceWindowSeconds, workspace),
      tokensUntil: isIn && tokens > 0 && minute?.allowed ? minute.arrival : undefined,
    };
    const taken = isIn ? tokens : 0;
    if (taken > 0) {
      if (limits.parallel > 0) this.slots.push({ keyHash, callId, until: this.now + this.lapseAfterMs });
      this.reservations.push({ callId, tokens, day: this.today, until: this.now + this.lapseAfterMs });
      this.count = { day: this.today, tokens: used + tokens };
      this.known = this.today;
    }
    const slotsTaken = inFlight + (taken > 0 ? 1 : 0);
    return {
      ...answer,
      slotsLeft: limits.parallel === 0 ? undefined : Math.max(0, limits.parallel - slotsTaken),
      dayLeft: Math.max(0, limits.dailyTokens - used - taken),
    };
  }

  settle(
    caller: LimitedCaller,
    call: { callId: string; tokens: number; day: number; tokensUntil: number | undefined },
    used: number,
  ): 'settled' | 'late' | 'unknown' {
    this.slots = this.slots.filter(({ callId }) => callId !== call.callId);
    const held = this.reservations.some(({ callId }) => callId === call.callId);
    const lapsed = this.lapsed.some(({ callId }) => callId === call.callId);
    this.reservations = this.reservations.filter(({ callId }) => callId !== call.callId);
    if (!held) this.lapsed = this.lapsed.filter(({ callId }) => callId !== call.callId);
    if (!held && !lapsed) return 'unknown';
    const change = held ? used - call.tokens : used;
    if (call.day === this.today && this.count?.day === this.today && change !== 0)
      this.count.tokens = Math.max(0, this.count.tokens + change);
    if (call.tokensUntil !== undefined && used !== call.tokens) {
      const bucket = { size: caller.limits.tokens, windowSeconds: 60 };
      const taken = { amount: call.tokens, until: call.tokensUntil };
      const name = `tokens ${caller.keyHash}`;
      this.arrivals.set(name, settleBucket(bucket, this.arrivals.get(name) ?? 0, this.now, taken, used));
    }
    return held ? 'settled' : 'late';
  }

  private countToday(): void {
    if (this.count?.day === this.today || (this.known !== undefined && this.known < this.today)) return;
    const reserved = this.reservations
      .filter(({ day }) => day === this.today)
      .reduce((sum, { tokens }) => sum + tokens, 0);
    this.count = { day: this.today, tokens: (this.ledger.get(this.today) ?? 0) + reserved };
    this.known = this.today;
  }

  private reap(): void {
    const over = this.reservations.filter(({ until }) => until <= this.now);
    if (over.length === 0) return;
    this.reservations = this.reservations.filter(({ until }) => until > this.now);
    this.lapsed = [...this.lapsed, ...over.map((each) => ({ ...each, until: this.now + rememberedMs }))];
    this.lapsed = this.lapsed.filter(({ until }) => until > this.now);
    const back = over.filter(({ day }) => day === this.today).reduce((sum, { tokens }) => sum + tokens, 0);
    const used = this.count?.day === this.today ? this.count.tokens : 0;
    this.count = { day: this.today, tokens: Math.max(0, used - back) };
  }
}
