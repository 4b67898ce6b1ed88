import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunningProcess } from '../running-process.js';
import { failureOf, fault, newTenant, upstreamCalls } from '../tenant.js';
import { echo, model, newUser, question } from './cases.js';
import { allClients, chatClients } from './clients.js';
import { startGatewayBefore } from './gateway-before.js';
import { targets } from './targets.js';

const direct = targets[1]?.[1];

describe('clients that are told when to come again', () => {
  let gateway: RunningProcess;
  beforeAll(async () => {
    // It repeats nothing itself, so that its clients have to.
    gateway = await startGatewayBefore(`${inject('simulatorUrl')}/api/v1`, { OPENROUTER_MAX_ATTEMPTS: '1' });
  });
  afterAll(async () => {
    await gateway?.stop();
  });
  const behindGateway = async () => ({
    origin: gateway.url,
    apiKey: (await newTenant({ gatewayUrl: gateway.url })).key,
  });
  const pairs = [
    ...allClients.map(([client, make]) => ({ client, make, target: 'the gateway', open: behindGateway })),
    ...chatClients.map(([client, make]) => ({ client, make, target: 'the upstream itself', open: direct })),
  ];

  it.concurrent.each(pairs)('$client waits for it before $target', async ({ make, open }) => {
    const target = await open?.();
    if (!target) throw new Error('There is no such target');
    const client = make(target, 2);
    for (const way of ['ask', 'stream'] as const) {
      const user = newUser();
      await fault({ user, times: 1, error: { code: 429, message: 'Later', retry_after: 1 } });
      expect(await client[way](question, user)).toBe(echo(question));
      const [first, second, ...more] = await upstreamCalls(user);
      expect(more).toEqual([]);
      // Dates are whole milliseconds, and a timer may be one early.
      expect(Date.parse(second.started_at) - Date.parse(first.started_at)).toBeGreaterThanOrEqual(990);
    }
  });

  it('those that listen to x-should-retry do not come again when the day’s quota is spent', async () => {
    const { key: apiKey } = await newTenant({
      gatewayUrl: gateway.url,
      workspace: { daily_token_quota: 10 },
    });
    let calls = 0;
    const counting: typeof fetch = (url, init) => {
      calls += 1;
      return fetch(url, init);
    };
    const messages = [{ role: 'user' as const, content: question }];
    const body = { model, max_tokens: 1_000, messages };
    const options = { apiKey, maxRetries: 3, fetch: counting };
    const openai = new OpenAI({ ...options, baseURL: `${gateway.url}/v1` });
    const anthropic = new Anthropic({ ...options, baseURL: gateway.url });
    expect(await failureOf(openai.chat.completions.create(body))).toBeInstanceOf(OpenAI.RateLimitError);
    expect(await failureOf(anthropic.messages.create(body))).toBeInstanceOf(Anthropic.RateLimitError);
    expect(calls).toBe(2);
  });
});
