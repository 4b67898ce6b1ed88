import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, type Caller, makeCall } from './call.js';
import type { Fleet, Gateway } from './fleet.js';
import { type Kind, kindOf } from './plan.js';

/** How often the pace is looked after. */
const beatMs = 10;
/** Steady calls in flight at most. Far more than the pace needs: it only keeps a machine that is too slow from drowning. */
const mostInFlight = 24;

/**
 * Calls that begin at a steady rate, whatever becomes of those before them: clients do not wait for each other, and a stall
 * that slowed the load down would hide itself.
 */
export class Load {
  readonly calls: Call[] = [];
  /** What is going on: noted with every call that begins. */
  phase = 'warm-up';
  private readonly running = new Map<Promise<Call>, Gateway>();
  private planned = 0;
  private pacing: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly fleet: Fleet,
    private readonly callers: readonly Caller[],
  ) {}

  start(perSecond: number): void {
    this.pacing ??= this.pace(perSecond);
  }

  /** Resolves when every call has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.pacing;
    await Promise.all(this.running.keys());
  }

  /** How many of the steady calls a gateway has in hand. */
  runningOn(gateway: Gateway): number {
    return [...this.running.values()].filter((one) => one === gateway).length;
  }

  /** One call beside the steady ones. */
  async make(kind: Kind, caller: Caller, gateway = this.fleet.next()): Promise<Call> {
    const call = await makeCall(kind, caller, gateway, this.phase);
    this.calls.push(call);
    return call;
  }

  /** So many calls at once. */
  burst(count: number, kind: Kind, callers: readonly Caller[]): Promise<Call[]> {
    return Promise.all(Array.from({ length: count }, (_, i) => this.make(kind, nth(callers, i))));
  }

  private async pace(perSecond: number): Promise<void> {
    let [due, last] = [0, performance.now()];
    while (!this.stopping) {
      const now = performance.now();
      // What is overdue by more than a second stays undone: a flood after a stall would be another load.
      due = Math.min(due + ((now - last) * perSecond) / 1_000, this.planned + perSecond);
      last = now;
      for (; this.planned < due && this.running.size < mostInFlight; this.planned += 1)
        this.launch(this.planned);
      await sleep(beatMs);
    }
  }

  private launch(n: number): void {
    const gateway = this.fleet.next();
    const call = this.make(kindOf(n), nth(this.callers, n), gateway);
    this.running.set(call, gateway);
    void call.finally(() => this.running.delete(call));
  }
}

function nth<T>(list: readonly T[], n: number): T {
  const one = list[n % list.length];
  if (one === undefined) throw new Error('The list is empty');
  return one;
}
