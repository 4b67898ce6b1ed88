import type { PinoLogger } from 'nestjs-pino';
import { describe, expect, it, vi } from 'vitest';
import type { Caller } from '#auth';
import { BackgroundTasks } from '#common';
import type { SetSummaryService, SummaryTask } from '#context-memory';
import type { CompletionCall, CompletionOutcome, CompletionProxy, ModelCatalogue } from '#llm-proxy';
import { UpstreamError } from '#openrouter';
import type { CallUsage } from '#queues';
import { RateLimitExceededError, type RateLimiter } from '#rate-limit';
import type { ChatSet } from './chat-working-set.js';
import type { ForwardedCall } from './forwarded-call.js';
import type { ModelRouter } from './model-router.js';
import { PromptCounter } from './prompt-counter.js';
import { SetSummariser } from './set-summariser.js';

const task: SummaryTask = {
  workingSetId: 'set',
  setVersion: 1,
  definedAt: new Date(0),
  state: '',
  hash: '',
  parts: [],
  model: 'brief',
  maxTokens: 40,
  text: 'Rule 1: the zebra is fed.',
};
const answer: Partial<CompletionOutcome> = {
  status: 'completed',
  statusCode: 200,
  model: 'served',
  text: 'All are fed.',
  usage: { promptTokens: 70, completionTokens: 4, source: 'provider' },
};
const call = (allowedModels: string[] | null = null): ForwardedCall => {
  const caller = { workspaceId: 'w', keyId: 'k', allowedModels } as unknown as Caller;
  return { caller, requestId: 'r' } as ForwardedCall;
};
const used = (isSummaryDue = true) =>
  ({ set: { id: 'set', summary: { model: 'brief', maxTokens: 40 } }, isSummaryDue }) as ChatSet;

type Log = (fields: object, event: string) => void;
type KeptSummary = Awaited<ReturnType<SetSummaryService['keep']>>;

/** A summariser whose surroundings do as told. */
function summariser(world: {
  begin?: SummaryTask;
  refusal?: Error;
  forward?: () => object;
  kept?: KeptSummary;
}) {
  const settled: CallUsage[] = [];
  const settle = async (usage: CallUsage) => void settled.push(usage);
  const tasks = new BackgroundTasks((error) => {
    throw error;
  });
  const parts = {
    begin: vi.fn<SetSummaryService['begin']>(async () => world.begin),
    keep: vi.fn<SetSummaryService['keep']>(async () => world.kept ?? 'kept'),
    admit: vi.fn<(asked: object) => Promise<object>>(async () => {
      if (world.refusal) throw world.refusal;
      return { callId: 'event', settle, refund: settle };
    }),
    forward: vi.fn<(asked: CompletionCall) => Promise<object>>(async () =>
      (world.forward ?? (() => answer))(),
    ),
    log: { setContext: vi.fn<() => void>(), info: vi.fn<Log>(), warn: vi.fn<Log>() },
  };
  const { begin, keep, admit, forward, log } = parts;
  const made = new SetSummariser(
    { begin, keep } as unknown as SetSummaryService,
    new PromptCounter(),
    { route: (_: Caller, request: object) => ({ ...request, routes: ['served'] }) } as unknown as ModelRouter,
    { admit } as unknown as RateLimiter,
    { forward } as unknown as CompletionProxy,
    { find: () => undefined } as unknown as ModelCatalogue,
    tasks,
    log as unknown as PinoLogger,
  );
  return {
    ...parts,
    settled,
    follow: async (by = call(), set = used()) => {
      made.follow(by, set);
      await tasks.drain(5_000);
    },
  };
}

describe('SetSummariser', () => {
  it('asks as a call of the key, settles it under the name of its origin, and keeps what came', async () => {
    const { follow, admit, forward, keep, settled, log } = summariser({ begin: task });
    await follow();
    const asked = forward.mock.calls[0]?.[0];
    const tokens = (asked?.promptTokens ?? 0) + 40;
    expect(admit).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ caller: call().caller, tokens }));
    expect(asked).toMatchObject({ routes: ['served'], stream: false });
    expect(settled).toMatchObject([
      { requestId: 'r.summary', operation: 'chat', model: 'served', promptTokens: 70, completionTokens: 4 },
    ]);
    const { text, model } = answer;
    expect(keep).toHaveBeenCalledExactlyOnceWith('w', { task, text, model, usageEventId: 'event' });
    expect(log.info).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ completion_tokens: 4, usage_event_id: 'event', kept: true }),
      'working_set_summarised',
    );
    expect(JSON.stringify(log.info.mock.calls)).not.toMatch(/fed/);
  });

  it('asks nothing when none is due, or somebody else has begun', async () => {
    const idle = summariser({});
    await idle.follow(call(), used(false));
    expect(idle.begin).not.toHaveBeenCalled();
    await idle.follow();
    expect([idle.begin.mock.calls.length, idle.admit.mock.calls.length, idle.log.warn.mock.calls]).toEqual([
      1,
      0,
      [],
    ]);
  });

  it('leaves the set to other keys when this one may not use the model, and says so once', async () => {
    const { follow, begin, log } = summariser({ begin: task });
    await follow(call(['another']));
    await follow(call(['another']));
    expect(begin).not.toHaveBeenCalled();
    expect(log.warn).toHaveBeenCalledOnce();
    await follow(call(['brief']));
    expect(begin).toHaveBeenCalledOnce();
  });

  it.each<[string, Parameters<typeof summariser>[0], object[]]>([
    ['a limit refuses', { refusal: new RateLimitExceededError('requests', 1_000, {}) }, []],
    [
      'the upstream fails',
      {
        forward: () => {
          throw new UpstreamError('server', { upstreamStatus: 500 });
        },
      },
      [{ status: 'failed', promptTokens: 0, source: 'none' }],
    ],
    [
      'it takes too long',
      { forward: () => ({ ...answer, status: 'cancelled', error: new Error('late') }) },
      [{ status: 'cancelled', promptTokens: 70 }],
    ],
    ['what came is of no use', { kept: 'useless' }, [{ status: 'completed', promptTokens: 70 }]],
  ])('when %s, keeps nothing, settles what is owed, and says so', async (_, world, owed) => {
    const { follow, keep, settled, log } = summariser({ begin: task, ...world });
    await follow();
    expect(settled).toMatchObject(owed);
    expect(keep).toHaveBeenCalledTimes(world.kept ? 1 : 0);
    expect(log.warn.mock.calls).toMatchObject([[{ working_set_id: 'set' }, 'working_set_summary_failed']]);
    expect(log.info).not.toHaveBeenCalled();
  });
});
