import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Request } from 'express';
import { AppConfig, ConfigModule } from '#config';
import { EMBEDDER } from '#context-memory';
import { DatabaseModule } from '#database';
import { ObservabilityModule } from '#observability';
import { QueuesModule } from '#queues';
import { RedisModule } from '#redis';
import { ApiKeyGuard } from '../../apps/gateway/src/auth/index.js';
import { ContextMemoryHttpModule } from '../../apps/gateway/src/context-memory/context-memory-http.module.js';
import { configureHttp } from '../../apps/gateway/src/http/configure-http.js';
import { ErrorFilter } from '../../apps/gateway/src/http/error.filter.js';
import { stateOf } from '../../apps/gateway/src/http/request-state.js';
import { LimitHeadersFilter } from '../../apps/gateway/src/rate-limit/limit-headers.filter.js';
import { RateLimitGuard } from '../../apps/gateway/src/rate-limit/rate-limit.guard.js';
import { ContextFilesProcessor } from '../../apps/worker/src/processors/context-files.processor.js';
import { ContextMemoryProcessor } from '../../apps/worker/src/processors/context-memory.processor.js';
import { beginWith, newWorkspace, WordEmbedder } from './context-memory.harness.js';
import { connectStores } from './store-clients.js';

/** Lets everyone in as the workspace that a header names; keys have specs of their own. */
class HeaderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    stateOf(request).caller = {
      workspaceId: String(request.headers['x-workspace']),
      keyId: 'key',
      keyHash: 'hash',
      scopes: ['context:read', 'context:write'],
      version: '2026-11-22T08:00:00Z',
      expiresAt: null,
      allowedModels: null,
      models: { default: null, virtual: new Map() },
      limits: {
        requests: 1_000,
        windowSeconds: 60,
        tokens: 0,
        parallel: 0,
        workspaceRequests: 0,
        workspaceWindowSeconds: 60,
        dailyTokens: 1_000_000,
        shadow: [],
      },
    };
    return true;
  }
}

/** Of any route: what the specs look into. */
interface Answer {
  job: { id: string; status_url: string };
  items: { id: string; duplicate?: boolean }[];
  data: unknown[];
  next_cursor: string;
  status: string;
  parts: number;
  error?: { param: string };
}

export interface AnswerTo {
  status: number;
  json: Answer;
}

/** Memory's routes with the real queue behind them, both sides in this process, and a workspace to call them for. */
export async function startContextApi() {
  const clients = await connectStores({ LOG_LEVEL: 'silent', CONTEXT_MAX_CONTENT_CHARS: '1000' });
  const workspace = await newWorkspace(clients);
  const embedder = new WordEmbedder();
  await beginWith(clients, embedder.space);
  const module = await Test.createTestingModule({
    imports: [
      ConfigModule,
      ObservabilityModule.forProcess('test'),
      DatabaseModule,
      QueuesModule,
      RedisModule,
      ContextMemoryHttpModule,
    ],
    providers: [ContextMemoryProcessor, ContextFilesProcessor],
  })
    .overrideProvider(AppConfig)
    .useValue(clients.config)
    .overrideProvider(EMBEDDER)
    .useValue(embedder)
    .overrideGuard(ApiKeyGuard)
    .useClass(HeaderGuard)
    .overrideGuard(RateLimitGuard)
    .useValue({ canActivate: () => true })
    .overrideFilter(LimitHeadersFilter)
    .useClass(ErrorFilter)
    .compile();
  const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: false });
  await configureHttp(app, clients.config);
  await app.listen(0, '127.0.0.1');
  const base = `${await app.getUrl()}/v1/context`;

  /** @param headers instead of those of a JSON body */
  async function send(
    path: string,
    body: FormData | string,
    headers: Record<string, string>,
  ): Promise<AnswerTo> {
    const response = await fetch(base + path, {
      method: 'POST',
      headers: { 'x-workspace': workspace, ...headers },
      body,
    });
    return { status: response.status, json: (await response.json()) as Answer };
  }

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<AnswerTo> {
    const response = await fetch(base + path, {
      method,
      headers: { 'content-type': 'application/json', 'x-workspace': workspace, ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, json: (await response.json()) as Answer };
  }

  return {
    call,
    send,
    async close() {
      await app.close();
      await clients.close();
    },
  };
}

export type ContextApi = Awaited<ReturnType<typeof startContextApi>>;
