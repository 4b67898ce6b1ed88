import fc from 'fast-check';
import { PinoLogger } from 'nestjs-pino';
import { describe, expect, it } from 'vitest';
import type { UsageEvent } from '#queues';
import { isBefore, UnconfirmedEvents } from './unconfirmed-events.js';
import { UsageSink } from './usage-sink.js';

class Sink extends UsageSink {
  readonly ids: string[] = [];
  record({ id }: UsageEvent): Promise<void> {
    this.ids.push(id);
    return Promise.resolve();
  }
}

const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
const eventOf = (id: string): UsageEvent => ({ id }) as UsageEvent;
const at = (epoch: string, oldest?: string) => ({ epoch, oldest });

function setUp() {
  const sink = new Sink();
  return { sink, unconfirmed: new UnconfirmedEvents(sink, logger) };
}

describe('UnconfirmedEvents', () => {
  it('lets go what is no longer on the stream', async () => {
    const { sink, unconfirmed } = setUp();
    await unconfirmed.hold('10-0', eventOf('a'), at('e', '10-0'));
    await unconfirmed.hold('10-1', eventOf('b'), at('e', '10-0'));
    await unconfirmed.learn(at('e', '10-1'));
    expect(unconfirmed.size).toBe(1);
    await unconfirmed.learn(at('e'));
    expect(unconfirmed.size).toBe(0);
    expect(sink.ids).toEqual([]);
  });

  it.each([
    ['another epoch', at('f')],
    ['no stream at all', undefined],
  ])('rescues everything when there is %s', async (_, stream) => {
    const { sink, unconfirmed } = setUp();
    await unconfirmed.hold('10-0', eventOf('a'), at('e', '10-0'));
    await unconfirmed.learn(stream);
    expect(sink.ids).toEqual(['a']);
    expect(unconfirmed.size).toBe(0);
  });

  it('keeps what came in the epoch that it learns of it with', async () => {
    const { sink, unconfirmed } = setUp();
    await unconfirmed.hold('10-0', eventOf('a'), at('e', '10-0'));
    await unconfirmed.hold('11-0', eventOf('b'), at('f', '11-0'));
    expect(sink.ids).toEqual(['a']);
    await unconfirmed.rescueAll();
    expect(sink.ids).toEqual(['a', 'b']);
  });

  it('holds no more than it may: the oldest take the side door', async () => {
    const { sink, unconfirmed } = setUp();
    for (let i = 0; i <= 20_000; i++)
      await unconfirmed.hold(`${i + 1}-0`, eventOf(String(i)), at('e', '1-0'));
    expect(sink.ids).toHaveLength(10_000);
    expect(sink.ids[0]).toBe('0');
    expect(unconfirmed.size).toBe(10_001);
  });

  it('orders ids of a stream by both of their numbers', () => {
    const id = fc.tuple(fc.nat(2 ** 40), fc.nat(1_000));
    fc.assert(
      fc.property(id, id, ([ms, n], [otherMs, otherN]) => {
        const expected = ms < otherMs || (ms === otherMs && n < otherN);
        expect(isBefore(`${ms}-${n}`, `${otherMs}-${otherN}`)).toBe(expected);
      }),
    );
  });
});
