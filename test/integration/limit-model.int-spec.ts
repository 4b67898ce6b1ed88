import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '#common';
import type { UsageEvent } from '#queues';
import { type LimitedCaller, LimitStore, SettleStore } from '#rate-limit';
import type { RedisCommands } from '#redis';
import { LimitModel } from './limit-model.js';
import { callerWith, usageOf } from './rate-limit.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

const dayMs = 86_400_000;
const lapseAfterMs = 45_000;
/** Half a minute before a midnight that is still to come, so that Redis' own expiries stay out of it. */
const start = (Math.floor(Date.now() / dayMs) + 2) * dayMs - 30_000;

let store: StoreClients;
beforeAll(async () => {
  store = await connectStores();
});
afterAll(() => store.close());

/** The scripts as they are, but for the clock: they read a key that the test moves. */
function onMovedClock(redis: RedisCommands): RedisCommands {
  const moved = {
    evalsha: () => Promise.reject(new Error('NOSCRIPT')),
    eval: (text: string, ...rest: [number, ...string[]]) =>
      redis.eval(text.replaceAll(`redis.call('TIME')`, `redis.call('MGET', 'clock:s', 'clock:us')`), ...rest),
  };
  return moved as unknown as RedisCommands;
}

interface Open {
  caller: LimitedCaller;
  callId: string;
  tokens: number;
  day: number;
  tokensUntil: number | undefined;
}

/** The scripts on a real Redis, and the model beside it. */
class Subject {
  readonly open: Open[] = [];
  readonly closed: Open[] = [];
  private readonly limits = new LimitStore(onMovedClock(store.redis), lapseAfterMs);
  private readonly settles = new SettleStore(onMovedClock(store.redis));

  constructor(
    readonly model: LimitModel,
    readonly callers: readonly LimitedCaller[],
  ) {}

  async setClock(now: number): Promise<void> {
    this.model.now = now;
    await store.redis.mset('clock:s', Math.floor(now / 1_000), 'clock:us', (now % 1_000) * 1_000);
  }

  async admit(which: number, tokens: number): Promise<void> {
    const caller = this.callers[which % this.callers.length] as LimitedCaller;
    const callId = newId();
    let decision = await this.limits.admit(caller, callId, tokens);
    if ('unknownDay' in decision) {
      expect(decision.unknownDay).toBe(this.model.today);
      expect(this.model.quota).toBeNull();
      decision = await this.limits.admit(
        caller,
        callId,
        tokens,
        this.model.ledger.get(this.model.today) ?? 0,
      );
    }
    if ('unknownDay' in decision) throw new Error('asked twice');
    const { state } = decision;
    expect({
      refusedBy: decision.refusedBy,
      shadowed: decision.shadowed,
      retryMs: decision.retryMs,
      requestsLeft: state.requests.remaining,
      tokensLeft: state.tokens?.remaining,
      slotsLeft: state.parallel?.remaining,
      workspaceLeft: state.workspaceRequests?.remaining,
      dayLeft: state.dailyTokens.remaining,
      tokensUntil: decision.tokensUntil,
    }).toEqual(this.model.admit(caller, callId, tokens));
    await this.compare();
    if (decision.refusedBy !== undefined || tokens === 0) return;
    this.open.push({ caller, callId, tokens, day: this.model.today, tokensUntil: decision.tokensUntil });
  }

  async settle(call: Open, used: number): Promise<void> {
    const event = eventOf(call, used);
    const { outcome } = await this.settles.settle({ ...call, held: true }, used, event);
    expect(outcome).toBe(this.model.settle(call.caller, call, used));
    // The ledger hears of it in any case, as the side door sees to it.
    if (!this.closed.includes(call)) {
      this.model.ledger.set(call.day, (this.model.ledger.get(call.day) ?? 0) + used);
      this.closed.push(call);
    }
    await this.compare();
  }

  private async compare(): Promise<void> {
    const { workspaceId } = this.callers[0] as LimitedCaller;
    const [count, ends] = await Promise.all([
      store.redis.get(`quota:daily:${workspaceId}`),
      store.redis.expiretime(`quota:daily:${workspaceId}`),
    ]);
    // Redis' own clock is not moved, so that yesterday's count is still there; the scripts do not believe it.
    expect(ends * 1_000 > this.model.now ? count : null).toBe(this.model.quota);
  }
}

const eventOf = ({ callId, caller }: Open, used: number): UsageEvent => ({
  ...usageOf(used, 0),
  id: callId,
  workspaceId: caller.workspaceId,
  keyId: caller.keyId,
  createdAt: new Date().toISOString(),
});

type Step = fc.AsyncCommand<LimitModel, Subject>;
const step = (name: string, run: (subject: Subject) => Promise<void>): Step => ({
  check: () => true,
  run: (_, subject) => run(subject),
  toString: () => name,
});

const steps = [
  fc
    .tuple(fc.nat(1), fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })))
    .map(([which, tokens]) => step(`admit ${which} ${tokens}`, (subject) => subject.admit(which, tokens))),
  fc.tuple(fc.nat(), fc.nat(90)).map(([which, used]) =>
    step(`settle ${which} ${used}`, async (subject) => {
      const [call] = subject.open.splice(which % Math.max(1, subject.open.length), 1);
      if (call) await subject.settle(call, used);
    }),
  ),
  fc.nat().map((which) =>
    step(`settle again ${which}`, async (subject) => {
      const call = subject.closed[which % Math.max(1, subject.closed.length)];
      if (call) await subject.settle(call, 7);
    }),
  ),
  fc
    .oneof(fc.nat(20_000), fc.nat(200_000))
    .map((ms) => step(`wait ${ms}`, (subject) => subject.setClock(subject.model.now + ms))),
  fc.integer({ min: -5, max: 5 }).map((ms) =>
    step(`to midnight ${ms}`, async (subject) => {
      const midnight = (subject.model.today + 1) * dayMs + ms;
      if (midnight > subject.model.now) await subject.setClock(midnight);
    }),
  ),
  fc.constant(
    step('flush', async (subject) => {
      const { now } = subject.model;
      await store.redis.flushdb();
      subject.model.flush();
      await subject.setClock(now);
    }),
  ),
];

const limits = fc.record({
  requests: fc.integer({ min: 1, max: 12 }),
  windowSeconds: fc.integer({ min: 1, max: 120 }),
  tokens: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200 })),
  parallel: fc.nat(4),
  workspaceRequests: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 })),
  workspaceWindowSeconds: fc.integer({ min: 1, max: 120 }),
  dailyTokens: fc.integer({ min: 1, max: 300 }),
  shadow: fc.subarray(['requests', 'tokens', 'parallel', 'workspace_requests', 'daily_tokens'] as const),
});

it('the scripts do what a plain model does, whatever is asked of them and whenever, over midnight and after a flush', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(limits, limits),
      fc.commands(steps, { maxCommands: 40, size: 'max' }),
      async (both, commands) => {
        const workspaceId = newId();
        // The keys of a workspace share its own limits.
        const [{ workspaceRequests, workspaceWindowSeconds, dailyTokens }] = both;
        const shared = { workspaceRequests, workspaceWindowSeconds, dailyTokens };
        const callers = both.map((each) => callerWith({ ...each, ...shared }, workspaceId));
        const setup = async () => {
          const model = new LimitModel(lapseAfterMs);
          const subject = new Subject(model, callers);
          await store.redis.flushdb();
          await subject.setClock(start);
          return { model, real: subject };
        };
        await fc.asyncModelRun(setup, commands);
      },
    ),
    { numRuns: 1_000 },
  );
}, 300_000);
