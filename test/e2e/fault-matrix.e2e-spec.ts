import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningStores, startStores } from '../running-stores.js';
import { type Product, startProduct } from './product.js';
import { http, type Json, newTenant, type Tenant, until } from './tenant.js';

/** What a caller can see of a call, and what was kept of it. */
interface Seen {
  status: number;
  code: string;
  /** How the body ended: whole, in an error event, or with nothing that says so. */
  end: 'whole' | 'error' | 'silent';
  attempts: number;
  upstreamCalls: number;
  /** Tokens in the ledger. */
  charged: number;
  /** Tokens that the upstream billed for the attempt that reached the client. */
  billed: number;
  ledgerStatus: string;
}

interface Expected {
  status: number;
  code?: string;
  attempts?: number;
}

/** One way to fail before anything was sent: what it comes to while it lasts, and whether one more attempt helps. */
interface Failure {
  name: string;
  fault: Record<string, unknown>;
  expected: Expected;
  passes: boolean;
  /** Only where it means something. */
  door?: 'json' | 'stream';
}

const mostAttempts = 3;
const error = (code: number, more: object = {}) => ({
  error: { code, message: `Simulated ${code}`, ...more },
});
const tenants = (code: number): Failure => ({
  name: String(code),
  fault: error(code),
  expected: { status: code, attempts: 1 },
  passes: false,
});
const ours = (code: number): Failure => ({
  name: `${code} (our key)`,
  fault: error(code),
  expected: { status: 503, code: 'upstream_unavailable', attempts: 1 },
  passes: false,
});
const passing = (
  name: string,
  fault: Record<string, unknown>,
  status: number,
  more: Partial<Failure> = {},
): Failure => ({ name, fault, expected: { status, attempts: mostAttempts }, passes: true, ...more });

const beforeTheFirstByte: Failure[] = [
  ...[400, 404, 413, 422].map(tenants),
  ...[401, 402, 403].map(ours),
  {
    name: 'context length',
    fault: error(400, { error_type: 'context_length_exceeded' }),
    expected: { status: 400, code: 'context_length_exceeded', attempts: 1 },
    passes: false,
  },
  {
    name: 'content policy',
    fault: error(403, { metadata: { reasons: ['violence'] } }),
    expected: { status: 403, code: 'content_policy_violation', attempts: 1 },
    passes: false,
  },
  {
    name: '429 for an hour',
    fault: error(429, { retry_after: 3_600 }),
    expected: { status: 429, attempts: 1 },
    passes: false,
  },
  passing('429', error(429), 429),
  passing('408', error(408), 504),
  ...[500, 502, 503, 529].map((code) => passing(String(code), error(code), 502)),
  passing('524', error(524), 504),
  passing('cut before headers', { cut: 'before_headers' }, 502),
  passing('silence before headers', { hang: 'before_headers' }, 504, { door: 'stream' }),
  passing('comments, nothing else', { hang: 'mid_stream', after_chunks: 0, comment_every_ms: 50 }, 504, {
    door: 'stream',
  }),
  passing('error in a 200', { error_in_body: { code: 502, message: 'Gone' } }, 502),
  passing('429 in a 200', { error_in_body: { code: 429, message: 'Later' } }, 429),
  passing('garbage', { body: 'garbage' }, 502),
  passing('nothing', { body: 'none' }, 502),
  passing('empty completion', { empty_completion: 'blank' }, 502),
  passing('half the JSON', { body: 'truncated' }, 502, { door: 'json' }),
  passing('error in the choice', { error_in_choice: { code: 502, message: 'Gone' } }, 502, { door: 'json' }),
  passing('cut in the JSON', { cut: 'mid_stream' }, 502, { door: 'json' }),
  // A JSON answer may be silent for all the time a call has, so there is none left for another.
  ...['before_headers', 'mid_stream'].map((hang) => ({
    name: `silence ${hang}`,
    fault: { hang },
    expected: { status: 504, code: 'upstream_timeout', attempts: 1 },
    passes: false,
    door: 'json' as const,
  })),
];

/** Failures of a stream that has begun: 200, an error as its last event, one attempt, charged by what was seen. */
const afterTheFirstByte: [string, Record<string, unknown>, 'cut' | 'failed'][] = [
  ['cut', { cut: 'mid_stream' }, 'cut'],
  ['silence', { hang: 'mid_stream' }, 'cut'],
  ['comments, nothing else', { hang: 'mid_stream', comment_every_ms: 50 }, 'cut'],
  ['half an event', { body: 'truncated' }, 'cut'],
  ['error event', { error_in_stream: { code: 502, message: 'Gone' } }, 'failed'],
  ['error in the last chunk', { error_in_choice: { code: 'server_error', message: 'Gone' } }, 'failed'],
];

describe('every upstream fault, before and after the first byte, in both doors', () => {
  let stores: RunningStores;
  let product: Product;
  let tenant: Tenant;
  let simulator: string;
  let counter = 0;
  const table: string[][] = [];

  beforeAll(async () => {
    stores = await startStores();
    product = await startProduct({
      ...stores,
      gateways: 1,
      env: {
        OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '1500',
        OPENROUTER_IDLE_TIMEOUT_MS: '1500',
        OPENROUTER_TOTAL_TIMEOUT_MS: '8000',
        OPENROUTER_RETRY_MAX_WAIT_MS: '200',
        OPENROUTER_MAX_ATTEMPTS: String(mostAttempts),
        ...(stores.kind === 'real' ? {} : { DATABASE_POOL_SIZE: '2' }),
      },
    });
    simulator = product.simulator.url;
    tenant = await newTenant({ gatewayUrl: product.gateways[0]?.url });
  });
  afterAll(async () => {
    process.stdout.write(printed(table));
    await product?.stop();
    await stores?.stop();
  });

  /** One call whose upstream fails so, `times` times or for ever; everything that can be known of it afterwards. */
  async function see(
    name: string,
    fault: Record<string, unknown>,
    stream: boolean,
    times?: number,
  ): Promise<Seen> {
    const user = `matrix ${(counter += 1)}: ${name}`;
    const set = await http('POST', `${simulator}/__control/faults?add`, { ...fault, user, times });
    expect(set.status).toBe(200);
    const answer = await tenant.call('POST', '/v1/chat/completions', {
      model: 'sim/fast',
      stream,
      user,
      messages: [{ role: 'user', content: 'some words that are long enough to be cut off half-way' }],
    });
    const calls = await http('GET', `${simulator}/__control/calls?user=${encodeURIComponent(user)}`);
    const receipt = await until(
      `the ledger to have ${user}`,
      () => tenant.call('GET', `/v1/context/receipts/${answer.headers.get('x-context-receipt')}`),
      ({ body }) => body.outcome != null,
    );
    const { outcome, attempts } = receipt.body;
    const answered = attempts.find((attempt: Json) => attempt.outcome === 'answered');
    const served = calls.body.calls.find((call: Json) => call.id === answered?.generation_id);
    const last = lastEvent(answer.body.text ?? '');
    const seen: Seen = {
      status: answer.status,
      code: answer.body.error?.code ?? last?.error?.code ?? '',
      end: answer.body.text === undefined ? 'whole' : last?.error ? 'error' : last ? 'silent' : 'whole',
      attempts: Number(answer.headers.get('x-upstream-attempts')),
      upstreamCalls: calls.body.calls.length,
      charged: outcome.prompt_tokens + outcome.completion_tokens,
      billed: (served?.prompt_tokens ?? 0) + (served?.completion_tokens ?? 0),
      ledgerStatus: outcome.status,
    };
    expect(attempts).toHaveLength(seen.attempts);
    return seen;
  }

  const note = (fault: string, when: string, door: string, lasts: string, seen: Seen) =>
    table.push([
      fault,
      `${when}, ${lasts}`,
      door,
      [seen.status, seen.code, seen.end === 'error' ? 'in the stream' : ''].filter(Boolean).join(' '),
      String(seen.attempts),
      `${seen.ledgerStatus}, ${seen.charged} tokens`,
    ]);

  const doors = ({ door }: Failure) =>
    (['json', 'stream'] as const).filter((each) => (door ?? each) === each);
  const cases = beforeTheFirstByte.flatMap((failure) => doors(failure).map((door) => ({ ...failure, door })));

  it.concurrent.each(cases)(
    'before the first byte, for good: $name, $door',
    async ({ name, fault, expected, door }) => {
      const seen = await see(name, fault, door === 'stream');
      note(name, 'before', door, 'for good', seen);
      expect(seen).toMatchObject({
        ...expected,
        end: 'whole',
        upstreamCalls: expected.attempts,
        charged: 0,
        ledgerStatus: 'failed',
      });
      expect(seen.code).not.toBe('');
    },
  );

  it.concurrent.each(cases)(
    'before the first byte, once: $name, $door',
    async ({ name, fault, expected, passes, door }) => {
      const seen = await see(name, fault, door === 'stream', 1);
      note(name, 'before', door, 'once', seen);
      const good = {
        status: 200,
        code: '',
        end: 'whole',
        attempts: 2,
        upstreamCalls: 2,
        ledgerStatus: 'completed',
      };
      expect(seen).toMatchObject(
        passes ? good : { ...expected, end: 'whole', charged: 0, ledgerStatus: 'failed' },
      );
      // The attempt that failed is not the tenant's: charged is what the upstream billed for the other one.
      expect(seen.charged).toBe(seen.billed);
      expect(seen.charged > 0).toBe(passes);
    },
  );

  it.concurrent.each(afterTheFirstByte)('after the first byte: %s', async (name, fault, how) => {
    const seen = await see(name, { after_chunks: 4, ...fault }, true);
    note(name, 'after', 'stream', 'for good', seen);
    expect(seen).toMatchObject({
      status: 200,
      end: 'error',
      attempts: 1,
      upstreamCalls: 1,
      // For the ledger a stream that died is a failure, whoever killed it.
      ledgerStatus: 'failed',
    });
    expect(how === 'failed' || seen.code.startsWith('upstream_')).toBe(true);
    expect(seen.charged).toBeGreaterThan(0);
  });

  it('an answer of nothing that says it is whole is an answer', async () => {
    for (const stream of [false, true]) {
      const seen = await see('nothing said, stop', { empty_completion: 'stop' }, stream);
      note('nothing said, stop', 'before', stream ? 'stream' : 'json', 'for good', seen);
      expect(seen).toMatchObject({ status: 200, end: 'whole', attempts: 1, ledgerStatus: 'completed' });
      expect(seen.charged).toBe(seen.billed);
    }
  });

  // Last: it strikes everybody.
  it('a connection that is refused', async () => {
    await http('POST', `${simulator}/__control/refuse`, { for_ms: 60_000 });
    for (const stream of [false, true]) {
      const messages = [{ role: 'user', content: 'hi' }];
      const answer = await tenant.call('POST', '/v1/chat/completions', {
        model: 'sim/fast',
        stream,
        messages,
      });
      expect([answer.status, answer.body.error.code]).toEqual([503, 'upstream_unavailable']);
      expect(answer.headers.get('x-upstream-attempts')).toBe(String(mostAttempts));
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });
});

/** The last event of a stream; undefined when it is the `[DONE]`. */
function lastEvent(text: string): Json {
  const last = text
    .trimEnd()
    .split('\n\n')
    .at(-1)
    ?.replace(/^data: /, '');
  return last === undefined || last === '' || last === '[DONE]' ? undefined : JSON.parse(last);
}

/** The rows in columns, sorted, so that two runs can be compared. */
function printed(rows: string[][]): string {
  const head = ['fault', 'first byte', 'door', 'the client saw', 'attempts', 'the ledger has'];
  const all = [head, ...rows.toSorted((a, b) => a.join().localeCompare(b.join()))];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}\n`).join('');
}
