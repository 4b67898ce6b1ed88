import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { routeOf, serveApi } from './api.handler.js';
import { controlPath, serveControl } from './control.handler.js';
import { Exchange } from './exchange.js';
import { FaultBoard } from './fault-board.js';
import type { Endpoint } from './fault.js';
import { Ledger, type ServedCall } from './ledger.js';
import { Listener } from './listener.js';
import { defaultModels, type SimulatedModel } from './model-catalogue.js';
import type { SimulatorState } from './simulator.state.js';

/** How a simulator differs from the usual one. */
export interface SimulatorOptions {
  /** Port on 127.0.0.1; 0 (the default) takes a free one. */
  port?: number;
  /** Replaces the default models. */
  models?: readonly SimulatedModel[];
  /** The only key that is let in; without it any Bearer is. */
  apiKey?: string;
  /** Calls the ledger keeps; 20,000 unless told otherwise. */
  ledgerLimit?: number;
}

/** A running OpenRouter simulator. */
export interface Simulator {
  /** What `OPENROUTER_BASE_URL` takes: `http://127.0.0.1:PORT/api/v1`. */
  readonly url: string;
  readonly port: number;
  readonly faults: FaultBoard;
  readonly ledger: Ledger;
  /** Refuses new connections until `acceptConnections`; calls in flight go on, idle connections are closed. */
  refuseConnections(): void;
  acceptConnections(): Promise<void>;
  /** Offers other models from now on, as OpenRouter does every few days. */
  offer(models: readonly SimulatedModel[]): void;
  /** No faults, an empty ledger. */
  reset(): void;
  /** Ends everything, calls in flight too. */
  close(): Promise<void>;
}

function newCall(request: IncomingMessage, endpoint: Endpoint, path: string): ServedCall {
  const now = new Date();
  return {
    id: `gen-${Math.floor(now.getTime() / 1000)}-${randomBytes(10).toString('hex')}`,
    endpoint,
    path,
    model: null,
    provider: null,
    user: null,
    streamed: false,
    status: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    sent_tokens: 0,
    cost: 0,
    finish_reason: null,
    cancelled: false,
    error: null,
    headers: request.headers,
    body: null,
    received_bytes: 0,
    sent_bytes: 0,
    chunks_sent: 0,
    started_at: now.toISOString(),
    headers_at: null,
    first_byte_at: null,
    cancelled_at: null,
    ended_at: null,
  };
}

/** A mistake of the simulator's own: loud, and never a hanging client. */
function abandon(response: ServerResponse, error: unknown): void {
  process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
  response.destroy();
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  state: SimulatorState,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  if (url.pathname.startsWith(controlPath)) return serveControl(request, response, state, url);
  const route = routeOf(request.method, url);
  if (!route) {
    const body = { error: { code: 404, message: `No route ${request.method} ${url.pathname}` } };
    response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    return;
  }
  const call = newCall(request, route.endpoint, url.pathname);
  state.ledger.record(call);
  const exchange = new Exchange(request, response, call);
  try {
    await serveApi(exchange, state, route, url);
  } catch (error) {
    // Steps that fail because the caller left, or because we cut the line, have been written down already.
    if (!exchange.over) abandon(response, error);
  }
  await exchange.closed;
  call.ended_at = new Date().toISOString();
}

/**
 * Starts a stand-in for OpenRouter over real HTTP, under `/api/v1` and `/v1`. Its answers are decided by the requests
 * alone; its faults are set at run time.
 * @throws Error in production: its answers are made up.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  if (process.env['NODE_ENV'] === 'production') throw new Error('The simulator never runs in production');
  const state: SimulatorState = {
    models: options.models ?? defaultModels,
    faults: new FaultBoard(),
    ledger: new Ledger(options.ledgerLimit),
    apiKey: options.apiKey,
    refuseFor: (ms) => listener.refuseFor(ms),
  };
  const server = createServer((request, response) => {
    handle(request, response, state).catch((error: unknown) => abandon(response, error));
  });
  const listener = new Listener(server);
  const port = await listener.open(options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}/api/v1`,
    port,
    faults: state.faults,
    ledger: state.ledger,
    refuseConnections: () => listener.refuse(),
    acceptConnections: async () => void (await listener.open(port)),
    offer: (models) => {
      state.models = models;
    },
    reset: () => {
      state.faults.clear();
      state.ledger.clear();
    },
    close: () => listener.close(),
  };
}
