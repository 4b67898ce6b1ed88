import { Injectable, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { Request, Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { reportError } from '#observability';
import { ApiKeyGuard } from '../auth/index.js';
import { openRouterPrefix } from '../http/api-prefix.middleware.js';
import { takeBody } from '../http/body.middleware.js';
import { requestLog } from '../http/request-log.middleware.js';
import { LimitHeadersFilter } from '../rate-limit/index.js';
import { ChatCompletionsController } from './chat-completions.controller.js';
import { CompletionsController } from './completions.controller.js';
import { EmbeddingsController } from './embeddings.controller.js';
import { forwardedCall, type ForwardedCall } from './forwarded-call.js';
import { MessagesController } from './messages.controller.js';
import { ResponsesController } from './responses.controller.js';

/** A controller's method that answers calls to models. */
interface Door {
  readonly path: string;
  readonly controller: Type;
  readonly handler: AnswerCall;
  answer(call: ForwardedCall, response: Response): Promise<void>;
}

type AnswerCall = (call: ForwardedCall, response: Response) => Promise<void>;

/**
 * The doors to models as most calls come to them: in front of Nest's router, which costs up to a fifth of a call
 * (docs/adr/0018-front-doors.md). The same guard, controllers and filter in the same order, as a list. What is written in another
 * way (a query, a slash at the end) goes through the router, to the same end.
 */
@Injectable()
export class FrontDoors implements OnApplicationBootstrap {
  private readonly doors = new Map<string, Door>();
  private log: ReturnType<typeof requestLog> | undefined;

  constructor(
    private readonly modules: ModuleRef,
    private readonly config: AppConfig,
    private readonly guard: ApiKeyGuard,
    private readonly filter: LimitHeadersFilter,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(FrontDoors.name);
  }

  onApplicationBootstrap(): void {
    this.log = requestLog();
    this.open('/v1/chat/completions', ChatCompletionsController, 'complete');
    this.open('/v1/responses', ResponsesController, 'respond');
    this.open('/v1/messages', MessagesController, 'create');
    this.open('/v1/completions', CompletionsController, 'complete');
    this.open('/v1/embeddings', EmbeddingsController, 'embed');
  }

  /** @returns false for a request that is not for one of the doors: it is somebody else's */
  take(request: Request, response: Response): boolean {
    const door = request.method === 'POST' ? this.doors.get(request.url) : undefined;
    if (!door || !this.log) return false;
    this.log(request, response, () => void this.serve(door, request, response));
    return true;
  }

  private async serve(door: Door, request: Request, response: Response): Promise<void> {
    const context = new ExecutionContextHost([request, response], door.controller, door.handler);
    // As Express leaves them to a route.
    request.res = response;
    request.originalUrl = request.url;
    request.url = door.path;
    request.route = door;
    try {
      await takeBody(request, this.config.server.MAX_BODY_BYTES);
      await this.guard.canActivate(context);
      await door.answer(forwardedCall(request, response), response);
    } catch (error) {
      await this.filter.respond(error, context).catch((fault: unknown) => this.giveUp(fault, response));
    }
  }

  /** Not even a refusal could be written: a fault of ours, and one call's, not the process's. */
  private giveUp(fault: unknown, response: Response): void {
    this.logger.error({ error: fault, exception: String(fault) }, 'refusal_failed');
    reportError(fault);
    response.destroy();
  }

  private open<Method extends string>(
    path: string,
    controller: Type<Record<Method, AnswerCall>>,
    method: Method,
  ): void {
    const instance = this.modules.get(controller);
    const handler = instance[method];
    const door: Door = {
      path,
      controller,
      handler,
      answer: (call, response) => instance[method](call, response),
    };
    this.doors.set(path, door);
    this.doors.set(openRouterPrefix + path, door);
  }
}
