import { describe, expect, it } from 'vitest';

import { logLine } from './log-line.js';

const TIME = '2025-01-20T10:30:00.123Z';
const LOCAL = new Date(TIME).toLocaleString('sv-SE');

describe('logLine', () => {
  it('is the line that the debugging plan shows, then the other fields', () => {
    const event = {
      level: 'error',
      timestamp: TIME,
      service: 'context-memory-gateway',
      environment: 'development',
      process: 'gateway',
      logger_name: 'ApiKeyGuard',
      message: 'auth_failure',
      status_code: 401,
      reason: 'no such key',
      error: { type: 'Error', message: 'x', stack: 'Error: x\n  at y' },
    };
    expect(logLine(JSON.stringify(event))).toBe(
      `[${LOCAL}] ERROR ApiKeyGuard: auth_failure status_code=401 reason="no such key" error={"type":"Error","message":"x"}`,
    );
  });

  it('stays one line whatever the message is', () => {
    const event = { level: 'info', timestamp: TIME, logger_name: 'a', message: 'one\ntwo' };
    expect(logLine(JSON.stringify(event))).toBe(`[${LOCAL}] INFO a: one\\ntwo`);
  });

  it.each(['The database is up to date', '{ half', '', '    at file.js:1:1'])(
    'leaves %j as it is',
    (line) => {
      expect(logLine(line)).toBe(line);
    },
  );

  it('says what it can of an event without the usual fields', () => {
    expect(logLine('{"level":30,"msg":"x"}')).toBe('[-] 30 msg=x');
  });
});
