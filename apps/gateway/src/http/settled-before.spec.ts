import { describe, expect, it } from 'vitest';
import { settledBefore } from './settled-before.js';

describe('settledBefore', () => {
  it('gives what the work comes to', async () => {
    const { signal } = new AbortController();
    await expect(settledBefore(signal, Promise.resolve(7))).resolves.toBe(7);
    await expect(settledBefore(signal, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('waits no longer than the signal lets it', async () => {
    const controller = new AbortController();
    const never = settledBefore(controller.signal, new Promise(() => undefined));
    controller.abort(new Error('too late'));
    await expect(never).rejects.toThrow('too late');
    await expect(settledBefore(controller.signal, new Promise(() => undefined))).rejects.toThrow('too late');
  });
});
