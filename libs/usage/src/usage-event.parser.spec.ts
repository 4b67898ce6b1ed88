import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '#common';
import { parseUsageEvent } from './usage-event.parser.js';

const event = {
  id: newId(),
  workspaceId: newId(),
  keyId: '0123456789abcdef',
  requestId: 'request',
  operation: 'chat',
  model: 'demo/echo',
  status: 'completed',
  statusCode: 200,
  promptTokens: 10,
  completionTokens: 5,
  contextTokens: 2,
  cost: '0.00012',
  source: 'provider',
  latencyMs: 12.5,
  generationId: 'gen-1',
  receiptId: null,
  createdAt: '2030-01-01T00:00:00.000Z',
};

describe('parseUsageEvent', () => {
  it('reads what settle wrote', () => {
    expect(parseUsageEvent(JSON.stringify(event))).toEqual(event);
  });

  it.each([
    ['id', 'no-uuid'],
    ['promptTokens', -1],
    ['completionTokens', 1.5],
    ['cost', 0.1],
    ['source', 'guessed'],
    ['createdAt', 'yesterday'],
    ['model', null],
  ])('refuses a %s of %j', (field, value) => {
    expect(parseUsageEvent(JSON.stringify({ ...event, [field]: value }))).toBeUndefined();
  });

  it('refuses anything else without a fuss', () => {
    expect(parseUsageEvent(undefined)).toBeUndefined();
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => parseUsageEvent(text) === undefined));
  });
});
