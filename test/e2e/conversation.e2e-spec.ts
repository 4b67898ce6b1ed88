import { Queue } from 'bullmq';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { failureOf, type Json, newTenant, type Tenant, until, upstreamCalls } from './tenant.js';

const facts = [
  'Our deploys go out on Tuesdays at ten in the morning, Berlin time.',
  'Refunds are paid to the original card within thirty days.',
  'The office dog is called Biscuit and is allergic to chicken.',
  'Invoices above 5,000 euros need the signature of Ingrid.',
];
const system = 'You answer questions about the team, briefly.';
/** What the user says and what the client keeps of each answer. */
const turns = [
  ['When do deploys go out?', 'On Tuesdays.'],
  ['And how long do refunds take to reach the card?', 'Thirty days.'],
  ['What is the office dog allergic to?', 'Chicken.'],
  ['Whose signature does an invoice above 5,000 euros need?', 'Ingrid’s.'],
] as const;

const dialogue = (asked: number) =>
  turns
    .slice(0, asked)
    .flatMap(([question, answer], i) => [
      { role: 'user' as const, content: question },
      ...(i < asked - 1 ? [{ role: 'assistant' as const, content: answer }] : []),
    ]);

let tenant: Tenant;

beforeAll(async () => {
  tenant = await newTenant();
  const stored = await tenant.call('POST', '/v1/context/items?wait=true', {
    items: facts.map((content) => ({ content })),
  });
  expect(stored.status).toBe(201);
});

describe('what a provider’s cache sees', () => {
  type Context = Record<string, unknown> | undefined;
  /** One call of a conversation by each door, as its clients write it. */
  const doors: Record<string, (user: string, asked: number, context: Context) => Promise<Headers>> = {
    chat: async (user, asked, context) => {
      const messages = [{ role: 'system' as const, content: system }, ...dialogue(asked)];
      const body = { model: 'sim/fast', user, messages, context };
      return (await tenant.openai.chat.completions.create(body).withResponse()).response.headers;
    },
    responses: async (user, asked, context) => {
      const body = { model: 'sim/fast', user, instructions: system, input: dialogue(asked), context };
      return (await tenant.openai.responses.create(body).withResponse()).response.headers;
    },
    messages: async (user, asked, context) => {
      const body = { model: 'sim/fast', user, system, max_tokens: 99, messages: dialogue(asked), context };
      const answer = await tenant.call('POST', '/v1/messages', body);
      expect(answer.status).toBe(200);
      return answer.headers;
    },
  };

  let plays = 0;
  /** Plays the conversation. @returns the messages of each call, as the upstream was sent them */
  async function play(door: string, context: Context): Promise<Json[][]> {
    const user = `play-${(plays += 1)}-${tenant.keyId}`;
    for (let asked = 1; asked <= turns.length; asked++) {
      const headers = await doors[door]?.(user, asked, context);
      expect(headers?.get('x-context-cache-safe')).toBe('true');
      expect(Number(headers?.get('x-context-tokens')) > 0).toBe(context !== undefined);
    }
    return (await upstreamCalls(user)).map(({ body }) => body.messages);
  }

  const rendered = (messages: Json[]) => messages.map((message) => `${JSON.stringify(message)}\n`).join('');
  /** Characters that a call has in common with the one after it, from the first on. */
  const sharedWithNext = (calls: Json[][]) =>
    calls.slice(1).map((next, i) => {
      const [a, b] = [rendered(calls[i] ?? []), rendered(next)];
      let shared = 0;
      while (shared < a.length && a[shared] === b[shared]) shared++;
      return shared;
    });
  const isBlock = ({ content }: Json) => String(content).startsWith('<recalled_context');
  const table: string[] = [];
  afterAll(() => {
    const heading =
      '| door | placement | shared with the next call, without memory | with memory |\n|---|---|---|---|';
    console.log(`Characters of the prompt's beginning, call by call:\n${heading}\n${table.join('\n')}`);
  });

  it.each(
    Object.keys(doors).flatMap((door) =>
      ['before_question', 'after_question'].map((placement) => [door, placement]),
    ),
  )('is what the client sent, up to the last user message: %s, %s', async (door, placement) => {
    const plain = await play(door, undefined);
    const calls = await play(door, { recall: true, placement });
    for (const [i, messages] of calls.entries()) {
      const sent = plain[i] ?? [];
      const question = sent.length - 1;
      expect(rendered(messages.slice(0, question))).toBe(rendered(sent.slice(0, question)));
      expect(messages.map(isBlock).lastIndexOf(true)).toBe(
        placement === 'before_question' ? question : question + 1,
      );
      expect(rendered(messages.filter((message) => !isBlock(message)))).toBe(rendered(sent));
    }
    const [without, withMemory] = [sharedWithNext(plain), sharedWithNext(calls)];
    table.push(`| ${door} | ${placement} | ${without.join(', ')} | ${withMemory.join(', ')} |`);
    for (const [i, shared] of withMemory.entries()) {
      const lost = (without[i] ?? NaN) - shared;
      // Before the question, the next call has the question where this one had the block: it alone is read again, and no more.
      const most = placement === 'before_question' ? rendered(plain[i]?.slice(-1) ?? []).length : 0;
      expect(lost).toBeLessThanOrEqual(most);
    }
  });

  it.each(['before_question', 'after_question'])(
    'is all of the call before while an agent works on one question: %s',
    async (placement) => {
      const user = `agent-${placement}-${tenant.keyId}`;
      const tool_calls = [
        { id: 't1', type: 'function' as const, function: { name: 'look', arguments: '{}' } },
      ];
      const begun = [
        { role: 'system' as const, content: system },
        { role: 'user' as const, content: 'When do deploys go out? Look it up.' },
      ];
      const gone = [
        ...begun,
        { role: 'assistant' as const, content: null, tool_calls },
        { role: 'tool' as const, tool_call_id: 't1', content: 'calendar: Tuesday' },
      ];
      for (const messages of [begun, gone]) {
        const body = { model: 'sim/fast', user, messages, context: { recall: true, placement } };
        await tenant.openai.chat.completions.create(body);
      }
      const calls = (await upstreamCalls(user)).map(({ body }) => body.messages);
      expect(calls[0].filter(isBlock)).toHaveLength(1);
      expect(sharedWithNext(calls)).toEqual([rendered(calls[0]).length]);
      table.push(`| chat, an agent’s tool call | ${placement} | ${rendered(begun).length} | all of it |`);
    },
  );

  it('refuses a placement that there is not', async () => {
    const body = { model: 'sim/fast', messages: dialogue(1), context: { placement: 'system' } };
    expect(await failureOf(tenant.openai.chat.completions.create(body))).toMatchObject({
      status: 400,
      param: 'context.placement',
    });
  });
});

describe('a session', () => {
  const bicycle = 'My bicycle is painted turquoise and lives in the shed.';
  const question = { role: 'user' as const, content: 'What colour is my bicycle painted?' };
  let own: Tenant;
  const say = async (session: string, messages: OpenAI.ChatCompletionMessageParam[], more: object = {}) => {
    const user = `say-${own.keyId}`;
    const body = { model: 'sim/fast', user, messages, context: { session, ...more } };
    const answer = await own.openai.chat.completions.create(body);
    const reply = { role: 'assistant' as const, content: answer.choices[0]?.message.content ?? '' };
    const sent: Json[] = (await upstreamCalls(user)).at(-1).body.messages;
    return {
      reply,
      recalled: sent
        .slice(0, -1)
        .map(({ content }) => String(content))
        .filter((text) => text.startsWith('<recalled')),
    };
  };
  const saved = (session: string, count: number) =>
    until(
      `${count} turns of ${session}, embedded`,
      () => own.call('GET', `/v1/context/items?session=${session}`),
      ({ body }) => body.data?.filter(({ status }: Json) => status === 'embedded').length === count,
    );

  it('is saved turn by turn, each once, whatever the client sends again', async () => {
    own = await newTenant();
    const first = { role: 'user' as const, content: bicycle };
    const { reply } = await say('monday', [first]);
    await saved('monday', 2);
    const second = { role: 'user' as const, content: 'Please remember the lock is number four.' };
    await say('monday', [first, reply, second]);
    await say('monday', [first, reply, second]);
    const { body } = await saved('monday', 4);
    expect(body.data.map(({ version }: Json) => version)).toEqual([1, 1, 1, 1]);
    expect(body.data.map(({ content }: Json) => content)).toContain(bicycle);
  });

  it('is recalled by a later one, not by a client that sends it itself, in the same bytes while nothing changed', async () => {
    const later = await say('tuesday', [question], { save: false });
    expect(later.recalled).toHaveLength(1);
    expect(later.recalled[0]).toContain('turquoise');
    expect((await say('tuesday', [question], { save: false })).recalled).toEqual(later.recalled);
    const history = [
      { role: 'user' as const, content: `Hello there! ${bicycle}` },
      { role: 'assistant' as const, content: `You said: ${bicycle}` },
      question,
    ];
    const told = await say('monday', history, { save: false });
    expect(told.recalled.join()).not.toContain('turquoise');
  });

  it('needs the scope to write, unless nothing is to be saved', async () => {
    const reader = await newTenant({ key: { scopes: ['chat', 'context:read'] } });
    const ask = (context: object) => {
      const body = { model: 'sim/fast', messages: [question], context };
      return reader.openai.chat.completions.create(body);
    };
    expect(await failureOf(ask({ session: 's' }))).toMatchObject({ status: 403 });
    expect((await ask({ session: 's', save: false })).choices).toHaveLength(1);
  });
});

describe('a question that memory knows nothing about', () => {
  const ask = async (more: object) => {
    const user = `silence-${JSON.stringify(more)}-${tenant.keyId}`;
    const messages = [{ role: 'user' as const, content: 'What is the derivative of x squared?' }];
    const body = { model: 'sim/fast', user, messages, context: { recall: true, ...more } };
    const { response } = await tenant.openai.chat.completions.create(body).withResponse();
    const [sent] = await upstreamCalls(user);
    const receipt = await tenant.call(
      'GET',
      `/v1/context/receipts/${response.headers.get('x-context-receipt')}`,
    );
    return {
      tokens: Number(response.headers.get('x-context-tokens')),
      messages: sent.body.messages,
      receipt: receipt.body,
    };
  };

  it('is sent on as it came, for no tokens, and the receipt says why', async () => {
    const { tokens, messages, receipt } = await ask({});
    expect(tokens).toBe(0);
    expect(messages).toHaveLength(1);
    expect(receipt).toMatchObject({
      items: [],
      min_relevance: 0.3,
      decisions: { not_relevant: facts.length },
    });
    expect(receipt.relevance).toBeLessThan(0.3);
  });

  it('is answered with what there is for who asks for it', async () => {
    const { tokens, messages, receipt } = await ask({ min_relevance: 0 });
    expect(tokens).toBeGreaterThan(0);
    expect(messages).toHaveLength(2);
    const [{ citation, version, id }] = receipt.items;
    expect(version).toBe(1);
    const { body: item } = await tenant.call('GET', `/v1/context/items/${id}`);
    expect(messages[0].content).toMatch(new RegExp(`^\\[${citation}\\] \\(note[^]*?\\n${item.content}`, 'm'));
    expect(receipt.decisions.fits).toBe(receipt.items.length);
  });
});

it('the health of recall is measured by the worker, and shown without a word of what is stored', async () => {
  const queue = new Queue('context-memory', { connection: { url: inject('productEnv')['REDIS_URL'] } });
  try {
    const health = await until(
      'the probe',
      async () => {
        await queue.add('probe-recall', {});
        return tenant.call('GET', '/v1/context/health');
      },
      ({ body }) => body.measured_at !== null,
      60_000,
    );
    expect(health.body).toEqual({
      object: 'context.health',
      effectiveness: 1,
      sample_size: facts.length,
      top_k: 10,
      measured_at: expect.any(String),
      items: { with_vectors: facts.length, without_vectors: 0, pending: 0, failed: 0 },
      degraded: [],
    });
    // The mean is known when the run has come to its end.
    await until(
      'the metrics',
      async () => (await fetch(`${inject('workerUrl')}/metrics`)).text(),
      (metrics) =>
        /cmg_context_recall_effectiveness_ratio\{[^}]*statistic="mean"[^}]*\} [01]/.test(metrics) &&
        /cmg_context_recall_probes_total\{[^}]*outcome="found"[^}]*\} [1-9]/.test(metrics),
    );
  } finally {
    await queue.close();
  }
});
