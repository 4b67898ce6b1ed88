import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { metrics, withLogFields } from '#observability';
import { openState, type RequestState } from './request-state.js';

const wellFormedId = /^[\w.:-]{1,128}$/;
// Probes and scrapes come every few seconds; a line for each would bury the rest.
const quietPaths = /^\/(health|metrics)(\/|$|\?)/;

/**
 * First of all: names the request, and writes its two lines (`request_started` at debug, `request_completed`) with the
 * fields operators query: method, url, status_code, response_time (ms), client_ip, workspace_id, exception.
 */
export function requestLog() {
  const logger = PinoLogger.root.child({ logger_name: 'http' });
  return (request: Request, response: Response, next: NextFunction): void => {
    const given = request.headers['x-request-id'];
    const id = typeof given === 'string' && wellFormedId.test(given) ? given : randomUUID();
    response.setHeader('x-request-id', id);
    const state = openState(request, id);
    const quiet = quietPaths.test(request.url);
    const line = { request_id: id, method: request.method, url: pathOf(request.url), client_ip: request.ip };
    metrics.http.inFlight.inc();
    if (!quiet) logger.debug(line, 'request_started');
    response.once('close', () => {
      metrics.http.inFlight.dec();
      observe(request, response, state);
      if (!quiet) logger[levelOf(response)]({ ...line, ...outcomeOf(response, state) }, 'request_completed');
    });
    withLogFields({ request_id: id }, next);
  };
}

function outcomeOf(response: Response, state: RequestState) {
  return {
    // 499: the client left before the answer was whole (nginx's word for it).
    status_code: response.writableFinished ? response.statusCode : 499,
    response_time: Math.round((performance.now() - state.startedAt) * 10) / 10,
    workspace_id: state.caller?.workspaceId,
    key_id: state.caller?.keyId,
    error_code: state.errorCode,
    exception: state.exception,
  };
}

function observe(request: Request, response: Response, state: RequestState): void {
  // The route's pattern, not the URL: ids must not become labels.
  const route: unknown = request.route?.path;
  metrics.http.requestDuration.observe(
    {
      method: request.method,
      route: typeof route === 'string' ? route : 'none',
      status_code: response.writableFinished ? response.statusCode : 499,
    },
    (performance.now() - state.startedAt) / 1000,
  );
}

const levelOf = (response: Response): 'error' | 'info' => (response.statusCode >= 500 ? 'error' : 'info');

/** Query strings may hold what users typed; the path is what operators look for. */
const pathOf = (url: string): string => url.split('?', 1)[0] ?? url;
