import { Test, type TestingModule } from '@nestjs/testing';
import { LoggerModule } from 'nestjs-pino';
import { expect, inject } from 'vitest';
import { AppConfig, ConfigModule } from '#config';
import {
  type AttemptRecord,
  Breakers,
  type CompletionOutcome,
  CompletionProxy,
  LlmProxyModule,
  ModelCatalogue,
} from '#llm-proxy';
import { DatabaseModule } from '#database';
import { RedisCommands, RedisModule, RedisSubscriber } from '#redis';
import { type ServedCall, type Simulator, startSimulator } from '#testing';

/** One process of ours, as far as the upstream is concerned. */
export interface Gateway {
  module: TestingModule;
  proxy: CompletionProxy;
  breakers: Breakers;
  redis: RedisCommands;
}

interface CallOptions {
  routes?: [string, ...string[]];
  stream?: boolean;
  words?: string;
  signal?: AbortSignal;
}

export const small = 'sim/small-context';
export const fast = 'sim/fast';
export const other = 'demo/echo-with-context';
export const fragile = 'sim/vendor-b/slash-model';

/** A simulator that misbehaves as it is told, gateways in front of it, and what they told of the last call. */
export class FailingUpstream {
  attempts: AttemptRecord[] = [];
  /** What the client of the last call received. */
  received = '';
  private readonly gateways: Gateway[] = [];
  /** nestjs-pino has one root logger a process, so all gateways write here. */
  private readonly log: string[] = [];

  private constructor(readonly simulator: Simulator) {}

  static async start(): Promise<FailingUpstream> {
    return new FailingUpstream(await startSimulator({ apiKey: 'our-key' }));
  }

  /** Starts a gateway, and waits until it hears the others. @param env on top of the usual */
  async gateway(env: NodeJS.ProcessEnv = {}): Promise<Gateway> {
    const stream = { write: (line: string) => this.log.push(line) };
    const module = await Test.createTestingModule({
      imports: [
        ConfigModule,
        LoggerModule.forRoot({ pinoHttp: [{ level: 'info', messageKey: 'message' }, stream] }),
        RedisModule,
        DatabaseModule,
        LlmProxyModule,
      ],
    })
      .overrideProvider(AppConfig)
      .useValue(new AppConfig({ ...this.environment(), ...env }))
      .compile();
    await module.init();
    const redis = module.get(RedisCommands);
    await expect.poll(() => redis.status).toBe('ready');
    await expect.poll(() => module.get(RedisSubscriber).status).toBe('ready');
    await module.get(ModelCatalogue).list();
    const gateway = { module, redis, proxy: module.get(CompletionProxy), breakers: module.get(Breakers) };
    this.gateways.push(gateway);
    return gateway;
  }

  call({ proxy }: Gateway, options: CallOptions = {}): Promise<CompletionOutcome> {
    const { routes = [fast], stream = true, words = 'hello there' } = options;
    this.attempts = [];
    this.received = '';
    const messages = [{ role: 'user', content: words }];
    return proxy.forward(
      {
        routes,
        bodyFor: (model) => Buffer.from(JSON.stringify({ model, stream, messages })),
        stream,
        includeUsage: true,
        promptTokens: 20,
        signal: options.signal ?? new AbortController().signal,
        onDecided: (made) => void (this.attempts = [...made]),
      },
      {
        start: () => undefined,
        write: (bytes) => void (this.received += bytes.toString()),
        end: () => undefined,
      },
    );
  }

  /** Is the call answered or refused? For polling. */
  async isServed(gateway: Gateway): Promise<boolean> {
    return this.call(gateway).then(
      () => true,
      () => false,
    );
  }

  /** Completions that got to the upstream. */
  calls(): ServedCall[] {
    return this.simulator.ledger.calls(({ endpoint }) => endpoint === 'chat');
  }

  /** Of each attempt of the last call: model, outcome, kind of failure. */
  story(): (string | null)[][] {
    return this.attempts.map(({ model, outcome, kind }) => [model, outcome, kind ?? null]);
  }

  /** The lines that were written of one event since the last reset. */
  lines(event: string): Record<string, unknown>[] {
    return this.log
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter(({ message }) => message === event);
  }

  /** Ends the gateways, and lets the upstream be well again. */
  async reset(): Promise<void> {
    this.simulator.reset();
    await this.simulator.acceptConnections();
    for (const { redis } of this.gateways) if (redis.status === 'ready') await redis.flushdb();
    await Promise.all(this.gateways.splice(0).map(({ module }) => module.close()));
    this.log.length = 0;
  }

  async close(): Promise<void> {
    await this.simulator.close();
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      DATABASE_URL: inject('databaseUrl'),
      REDIS_URL: inject('redisUrl'),
      API_KEY_PEPPER: 'pepper-pepper-pepper',
      ADMIN_API_KEY: 'admin-admin-admin-admin',
      OPENROUTER_BASE_URL: this.simulator.url,
      OPENROUTER_API_KEY: 'our-key',
      OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '1500',
      OPENROUTER_IDLE_TIMEOUT_MS: '1500',
      OPENROUTER_TOTAL_TIMEOUT_MS: '8000',
      OPENROUTER_RETRY_MAX_WAIT_MS: '2500',
      OPENROUTER_BREAKER_MIN_CALLS: '1000',
    };
  }
}
