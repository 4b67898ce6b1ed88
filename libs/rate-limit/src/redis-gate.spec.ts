import { describe, expect, it } from 'vitest';
import { GateShutError, RedisGate } from './redis-gate.js';

const fail = () => Promise.reject(new Error('timed out'));
const work = () => Promise.resolve('done');

describe('RedisGate', () => {
  it('shuts after three failures in a row, tries once a second, and opens on success', async () => {
    let now = 0;
    const gate = new RedisGate(100, () => now);
    for (let i = 0; i < 3; i++) await expect(gate.pass(fail)).rejects.toThrow('timed out');
    await expect(gate.pass(work)).rejects.toThrow(GateShutError);

    now += 1_000;
    const trial = gate.pass(fail);
    await expect(gate.pass(work)).rejects.toThrow(GateShutError);
    await expect(trial).rejects.toThrow('timed out');

    now += 1_000;
    expect(await gate.pass(work)).toBe('done');
    expect(await gate.pass(work)).toBe('done');
  });

  it('takes a failure among successes for no outage', async () => {
    const gate = new RedisGate(100, () => 0);
    for (let i = 0; i < 10; i++) {
      await expect(gate.pass(fail)).rejects.toThrow('timed out');
      expect(await gate.pass(work)).toBe('done');
    }
  });
});
