import { describe, expect, it } from 'vitest';
import { redactSecrets } from './redaction.js';

const hex = (length: number) => 'a1b2c3d4'.repeat(length / 8);

describe('redactSecrets', () => {
  it('keeps the public id of our key and drops the secret', () => {
    const line = `{"message":"bad key ctx_${hex(16)}_${hex(64)} given"}`;
    expect(redactSecrets(line)).toBe(`{"message":"bad key ctx_${hex(16)}_[redacted] given"}`);
  });

  it('drops upstream keys and passwords in connection strings', () => {
    const line = redactSecrets('sk-or-v1-0123456789abcdef postgres://u:hunter2@h/db redis://:pw@h');
    expect(line).not.toMatch(/0123456789|hunter2|:pw@/);
    expect(line).toContain('postgres://u:[redacted]@h/db');
  });

  it.each([
    ['"key":"a\\"b"', '"key":"[redacted]"'],
    ['"deep":{"list":[{"token":"abc"}]}', '"deep":{"list":[{"token":"[redacted]"}]}'],
    ['"headers":{"cookie":["a=1","b=2"]}', '"headers":{"cookie":"[redacted]"}'],
    ['"password":1234', '"password":"[redacted]"'],
    ['"apiKey":"x","api_key":"y"', '"apiKey":"[redacted]","api_key":"[redacted]"'],
  ])('drops what stands under the name of a secret: %s', (given, expected) => {
    expect(redactSecrets(`{"level":"info",${given},"url":"/v1"}`)).toBe(
      `{"level":"info",${expected},"url":"/v1"}`,
    );
  });

  it('leaves everything else alone', () => {
    const line = '{"message":"request_completed","url":"/v1/models","status_code":200}';
    expect(redactSecrets(line)).toBe(line);
  });
});
