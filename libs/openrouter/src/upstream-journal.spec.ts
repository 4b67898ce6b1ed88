import { PinoLogger } from 'nestjs-pino';
import { describe, expect, it, vi } from 'vitest';
import { metrics } from '#observability';
import { ClientGoneError, UpstreamError } from './openrouter.errors.js';
import { UpstreamJournal } from './upstream-journal.js';

describe('UpstreamJournal', () => {
  const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
  const journal = new UpstreamJournal(logger);
  const told = (
    level: 'debug' | 'info' | 'warn' | 'error',
    error?: unknown,
    operation: 'chat' | 'ping' = 'chat',
  ) => {
    const spy = vi.spyOn(logger, level);
    journal.record({ operation, model: 'a/b', statusCode: 200, startedAt: performance.now(), error });
    const call = spy.mock.lastCall;
    spy.mockRestore();
    return call;
  };

  it('tells of calls that went well, and quietly of health checks', () => {
    expect(told('info')).toEqual([
      expect.objectContaining({ model: 'a/b', status_code: 200, outcome: 'ok' }),
      'openrouter_request',
    ]);
    expect(told('debug', undefined, 'ping')?.[1]).toBe('openrouter_request');
  });

  it('tells of failures as loudly as they are', () => {
    const cause = new Error('connect ECONNREFUSED');
    expect(told('warn', new UpstreamError('unreachable', { cause }))).toEqual([
      expect.objectContaining({ code: 'unreachable', cause: cause.message }),
      'openrouter_error',
    ]);
    expect(told('error', new TypeError('bug'))?.[1]).toBe('openrouter_error');
  });

  it('raises the alarm when our key is refused', async () => {
    const counted = async () => (await metrics.openrouter.keyRefused.get()).values[0]?.value ?? 0;
    const before = await counted();
    expect(told('error', new UpstreamError('refused_key', { upstreamStatus: 402 }))).toEqual([
      expect.objectContaining({ operation: 'chat', exception: expect.any(String) }),
      'openrouter_key_refused',
    ]);
    expect(await counted()).toBe(before + 1);
  });

  it('does not take a client that left for a failure', () => {
    expect(told('info', new ClientGoneError())).toEqual([
      expect.objectContaining({ outcome: 'cancelled' }),
      'openrouter_request',
    ]);
  });
});
