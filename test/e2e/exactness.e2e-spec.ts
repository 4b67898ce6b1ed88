import { describe, expect, inject, it } from 'vitest';
import {
  type Answer,
  fault,
  http,
  liftFaults,
  newTenant,
  type Tenant,
  until,
  upstreamCalls,
} from './tenant.js';

const rounds = Array.from({ length: 20 }, (_, round) => round + 1);
const calls = 200;

/**
 * A prompt so long that what a call reserves and what it uses differ by less than a hundredth of it: the gateway guesses how
 * a model frames a message. So a quota of a hundred uses admits a hundred calls and no more, whatever was settled in between.
 */
const longQuestion = 'word '.repeat(320);

/** 200 calls at once, to both gateways in turn. Each answer is put into `answers` when it comes. */
function storm(tenant: Tenant, user: string, content: string, answers: Answer[] = []): Promise<Answer[]> {
  const urls = [inject('gatewayUrl'), inject('secondGatewayUrl')];
  const body = { model: 'sim/fast', user, max_tokens: 5, messages: [{ role: 'user', content }] };
  const ask = async (_: unknown, i: number) => {
    const headers = { authorization: `Bearer ${tenant.key}` };
    const answer = await http('POST', `${urls[i % 2]}/v1/chat/completions`, body, headers);
    answers.push(answer);
    return answer;
  };
  return Promise.all(Array.from({ length: calls }, ask));
}

const admittedOf = (answers: Answer[]): Answer[] => answers.filter(({ status }) => status === 200);
const refusedOf = (answers: Answer[]): Answer[] => answers.filter(({ status }) => status === 429);
const header = (answers: Answer[], name: string): Set<string | null> =>
  new Set(answers.map(({ headers }) => headers.get(name)));
const errors = (answers: Answer[]): Set<string> =>
  new Set(answers.map(({ body }) => `${body.error.type} ${body.error.code}`));
const leastWait = (answers: Answer[]): number =>
  Math.min(...answers.map(({ headers }) => Number(headers.get('retry-after'))));

/** Two gateways that are asked at the same moment must not sell the last place twice, nor leave one unsold. */
describe('limits are exact, whoever is asked', { timeout: 180_000 }, () => {
  it('a daily quota for 100 calls admits 100 of 200, twenty times', async () => {
    const probe = await newTenant();
    const [first] = await storm(probe, `probe-${probe.keyId}`, longQuestion);
    const used: number = first?.body.usage.total_tokens;
    const quota = 100 * used;
    for (const round of rounds) {
      const tenant = await newTenant({ workspace: { daily_token_quota: quota } });
      const user = `quota-${tenant.keyId}`;
      const answers = await storm(tenant, user, longQuestion);
      const [admitted, refused] = [admittedOf(answers), refusedOf(answers)];
      expect([round, admitted.length, refused.length]).toEqual([round, 100, 100]);
      expect(await upstreamCalls(user)).toHaveLength(100);
      expect(errors(refused)).toEqual(new Set(['insufficient_quota insufficient_quota']));
      expect(header(refused, 'x-should-retry')).toEqual(new Set(['false']));
      expect(header(answers, 'x-quota-limit-tokens')).toEqual(new Set([String(quota)]));
      for (const left of header(refused, 'x-quota-remaining-tokens')) expect(Number(left)).toBeLessThan(used);
      expect(leastWait(refused)).toBeGreaterThan(0);
    }
  });

  it('100 requests a window admit 100 of 200, twenty times', async () => {
    for (const round of rounds) {
      // In a window of a day the next request comes after a quarter of an hour.
      const tenant = await newTenant({ key: { rate_limit_requests: 100, rate_limit_window: 86_400 } });
      const user = `requests-${tenant.keyId}`;
      const answers = await storm(tenant, user, 'hi');
      const [admitted, refused] = [admittedOf(answers), refusedOf(answers)];
      expect([round, admitted.length, refused.length]).toEqual([round, 100, 100]);
      expect(await upstreamCalls(user)).toHaveLength(100);
      expect(errors(refused)).toEqual(new Set(['rate_limit_error rate_limit_exceeded']));
      expect(header(answers, 'x-ratelimit-limit-requests')).toEqual(new Set(['100']));
      expect(header(refused, 'x-ratelimit-remaining-requests')).toEqual(new Set(['0']));
      const left = admitted.map(({ headers }) => Number(headers.get('x-ratelimit-remaining-requests')));
      expect(left.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      expect(leastWait(refused)).toBeGreaterThan(800);
    }
  });

  it('50 parallel calls admit 50 of 200, twenty times, and others when they have ended', async () => {
    for (const round of rounds) {
      const tenant = await newTenant({ key: { rate_limit_parallel: 50 } });
      const user = `parallel-${tenant.keyId}`;
      await fault({ user, hold: true });
      const answers: Answer[] = [];
      const ended = storm(tenant, user, 'hi', answers);
      const decided = async () => [refusedOf(answers).length, await inFlight(user)];
      await until('every call to be decided', decided, ([refused = 0, held = 0]) => refused + held === calls);
      expect([round, await inFlight(user), answers.length]).toEqual([round, 50, 150]);
      expect(errors(answers)).toEqual(new Set(['rate_limit_error rate_limit_exceeded']));
      expect(leastWait(answers)).toBeGreaterThan(0);
      for (const { body } of answers) expect(body.error.message).toMatch(/parallel/);
      await liftFaults();
      expect(admittedOf(await ended)).toHaveLength(50);
      await until(
        'a slot to be free',
        () =>
          tenant.call('POST', '/v1/chat/completions', {
            model: 'sim/fast',
            messages: [{ role: 'user', content: 'hi' }],
          }),
        ({ status }) => status === 200,
      );
    }
  });
});

/** Calls that the simulator has and has not answered yet. */
async function inFlight(user: string): Promise<number> {
  const served = await upstreamCalls(user);
  return served.filter(({ ended_at }) => ended_at === null).length;
}
