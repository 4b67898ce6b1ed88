import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIban } from './checksums.js';
import { piiClasses } from './pii-class.js';
import { redactText } from './redact-text.js';

const redact = (text: string) => redactText(text, piiClasses);
const jwt = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'SflKxwRJSMeKKF2QT4fwpMeJf36POk6y'].join(
  '.',
);

describe('redactText', () => {
  it.each([
    ['Write to bob.smith+news@mail.example.co.uk, please.', 'Write to [EMAIL], please.', { email: 1 }],
    ['a@b.io;c@d.io', '[EMAIL];[EMAIL]', { email: 2 }],
    ['联系bob@example.com谢谢', '联系[EMAIL]谢谢', { email: 1 }],
    ['Call +49 (0)30 901820 or +1-415-555-2671.', 'Call [PHONE] or [PHONE].', { phone: 2 }],
    ['(415) 555-2671 / 415.555.2671', '[PHONE] / [PHONE]', { phone: 2 }],
    ['Büro: 030 12345678', 'Büro: [PHONE]', { phone: 1 }],
    ['card 4111 1111 1111 1111 12/26', 'card [CARD] 12/26', { card: 1 }],
    ['no 7 5555-5555-5555-4444 8', 'no 7 [CARD] 8', { card: 1 }],
    ['IBAN DE89 3704 0044 0532 0130 00 bei der Bank', 'IBAN [IBAN] bei der Bank', { iban: 1 }],
    ['GB82WEST12345698765432.', '[IBAN].', { iban: 1 }],
    [`use sk-or-v1-${'0a'.repeat(32)} now`, 'use [API_KEY] now', { api_key: 1 }],
    [`ctx_0123456789abcdef_${'ab'.repeat(32)}`, '[API_KEY]', { api_key: 1 }],
    [`token ${jwt}`, 'token [API_KEY]', { api_key: 1 }],
    ['password: hunter2hunter2', 'password: [API_KEY]', { api_key: 1 }],
    ['postgres://app:s3cret@db/x', 'postgres://app:[API_KEY]@db/x', { api_key: 1 }],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAA==\n-----END RSA PRIVATE KEY-----\n.',
      '[API_KEY]\n.',
      { api_key: 1 },
    ],
    ['AKIAIOSFODNN7EXAMPLE', '[API_KEY]', { api_key: 1 }],
  ])('%s', (text, expected, counts) => {
    expect(redact(text)).toEqual({ text: expected, counts });
  });

  it.each([
    'On 2026-11-22 at 10:00, or 01-02-2026, or 22.11.2026',
    'Order 4111 1111 1111 1112 is no card',
    'GB82 WEST 1234 5698 7654 33 is no account',
    'Version 1.2.3-4, 192.168.100.200, 0.123456789, 10,000,000',
    'sk-learn is a library; the secret: be kind; a token of thanks',
    'git 3f786850e387550fdab836ed7e6dc881de23001b, id 0199e7a2-3c00-7000-8000-000000000001',
    'at @home, me@localhost, a @ b.com',
    '§ 0 1 2 3 4 5 6 7 8 9',
  ])('leaves alone: %s', (text) => {
    expect(redact(text)).toEqual({ text, counts: {} });
  });

  it('takes out only what it is asked to', () => {
    expect(redactText('a@b.io +49 30 901820', ['phone'])).toEqual({
      text: 'a@b.io [PHONE]',
      counts: { phone: 1 },
    });
  });

  const fragments = fc.constantFrom(
    'a@b.io',
    '+49 30 901820',
    '4111 1111 1111 1111',
    'DE89370400440532013000',
    'password=abc12345',
    'Bearer ',
    ' ',
    '.',
    ':',
    '@',
    '-',
    '0',
    '1',
    'x',
    '//',
    '[',
    '(0',
  );

  it('finds nothing in what it has redacted', () => {
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 12 }), (parts) => {
        const once = redact(parts.join('\n')).text;
        expect(redact(once)).toEqual({ text: once, counts: {} });
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds every address that stands by itself', () => {
    fc.assert(
      fc.property(fc.emailAddress({ size: 'small' }), (address) => {
        // The generator makes local parts of signs that nobody has; ours are the usual ones.
        fc.pre(/^[a-z0-9._%+-]{1,64}@/i.test(address));
        expect(redact(`<${address}>`).text).toBe('<[EMAIL]>');
      }),
    );
  });

  it('takes every account number whose check digits are right', () => {
    const bban = fc.stringMatching(/^[A-Z0-9]{18}$/);
    fc.assert(
      fc.property(bban, (digits) => {
        const check = Array.from({ length: 97 }, (_, i) => String(i + 2).padStart(2, '0')).find((two) =>
          isIban(`DE${two}${digits}`),
        );
        expect(redactText(`to DE${check}${digits}!`, ['iban']).text).toBe('to [IBAN]!');
      }),
    );
  });

  const million = (unit: string) => unit.repeat(Math.ceil(1_000_000 / unit.length));
  it.each([
    'a',
    'a@',
    'a.',
    'a@a.',
    `${'a'.repeat(62)}@`,
    `a@${'a'.repeat(61)}.`,
    '1',
    '1 ',
    '1-',
    '+1',
    '+1 ',
    '00',
    '0 ',
    '(0',
    'DE89',
    'DE89 ',
    'A',
    'eyJaaaaaaaaaaaa.',
    'eyJ',
    'sk-',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\nA-B: c',
    'password:',
    'password: ',
    'Bearer ',
    '://a:',
    ':',
    '4111',
    '411 ',
    '4111 ',
    'DE12 3456 7890 ',
    '4111 1111 1111 1112 ',
    'é',
    '\n',
  ])('is done with a megabyte of %j in seconds, where quadratic time would take minutes', (unit) => {
    const text = million(unit);
    const start = performance.now();
    redact(text);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
