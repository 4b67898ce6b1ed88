import { stringOf, type JsonObject } from '#common';
import { serveModel, serveModels, serveGeneration, serveKey } from './catalogue.handler.js';
import { serveChat } from './chat.handler.js';
import { serveEmbeddings } from './embeddings.handler.js';
import type { Exchange } from './exchange.js';
import type { Endpoint } from './fault.js';
import { sendError } from './json-reply.js';
import { OpenRouterError } from './openrouter.error.js';
import { parseBody, readBody } from './request-body.js';
import type { SimulatorState } from './simulator.state.js';
import { serveText } from './text.handler.js';

interface Route {
  method: 'GET' | 'POST';
  path: RegExp;
  endpoint: Endpoint;
  serve: (exchange: Exchange, state: SimulatorState, url: URL, body: JsonObject) => Promise<void>;
}

/** The id in `/model/{author}/{slug}`, whose slashes may or may not be escaped. */
const idIn = (url: URL): string => decodeURIComponent(url.pathname.replace(/^.*?\/model\//u, ''));

const routes: Route[] = [
  {
    method: 'POST',
    path: /^\/chat\/completions$/u,
    endpoint: 'chat',
    serve: (e, s, _u, b) => serveChat(e, s, b),
  },
  {
    method: 'POST',
    path: /^\/completions$/u,
    endpoint: 'chat',
    serve: (e, s, _u, b) => serveText(e, s, b),
  },
  {
    method: 'POST',
    path: /^\/embeddings$/u,
    endpoint: 'embeddings',
    serve: (e, s, _u, b) => serveEmbeddings(e, s, b),
  },
  {
    method: 'GET',
    path: /^\/models$/u,
    endpoint: 'models',
    serve: (e, s, u) => serveModels(e, s, u, 'chat'),
  },
  {
    method: 'GET',
    path: /^\/embeddings\/models$/u,
    endpoint: 'embedding_models',
    serve: (e, s, u) => serveModels(e, s, u, 'embeddings'),
  },
  {
    method: 'GET',
    path: /^\/model\/.+$/u,
    endpoint: 'models',
    serve: (e, s, u) => serveModel(e, s, idIn(u)),
  },
  {
    method: 'GET',
    path: /^\/generation$/u,
    endpoint: 'generation',
    serve: (e, s, u) => serveGeneration(e, s, u),
  },
  { method: 'GET', path: /^\/key$/u, endpoint: 'key', serve: (e, s) => serveKey(e, s) },
];

/** The route of a request under `/api/v1` or `/v1`. */
export function routeOf(method: string | undefined, url: URL): Route | undefined {
  const path = /^(?:\/api)?\/v1(\/.*)$/u.exec(url.pathname)?.[1];
  return path === undefined
    ? undefined
    : routes.find((route) => route.method === method && route.path.test(path));
}

function checkKey(exchange: Exchange, state: SimulatorState): void {
  const key = /^Bearer +(\S+)$/iu.exec(exchange.request.headers.authorization ?? '')?.[1];
  if (!key) throw new OpenRouterError({ code: 401, message: 'No auth credentials found' });
  if (state.apiKey !== undefined && key !== state.apiKey) {
    throw new OpenRouterError({ code: 401, message: 'User not found.' });
  }
}

async function readCall({ call, request }: Exchange): Promise<JsonObject> {
  if (request.method !== 'POST') return {};
  const bytes = await readBody(request);
  call.received_bytes = bytes.length;
  const body = parseBody(bytes);
  call.body = body;
  call.model = stringOf(body['model']) ?? null;
  call.user = stringOf(body['user']) ?? null;
  return body;
}

/** A completion looks for its faults itself, once for each model it tries. */
async function takeFault(exchange: Exchange, state: SimulatorState, endpoint: Endpoint): Promise<void> {
  if (endpoint === 'chat') return;
  const { call, request } = exchange;
  const [model, user] = [call.model ?? undefined, call.user ?? undefined];
  exchange.fault = state.faults.take({ endpoint, headers: request.headers, model, user }) ?? {};
  if (!exchange.fault.error) return;
  await exchange.begin();
  throw new OpenRouterError(exchange.fault.error);
}

/** Serves one call of the API from the key to the last byte; every refusal leaves in OpenRouter's error body. */
export async function serveApi(
  exchange: Exchange,
  state: SimulatorState,
  route: Route,
  url: URL,
): Promise<void> {
  try {
    checkKey(exchange, state);
    const body = await readCall(exchange);
    await takeFault(exchange, state, route.endpoint);
    await route.serve(exchange, state, url, body);
  } catch (error) {
    if (!(error instanceof OpenRouterError)) throw error;
    await sendError(exchange, error);
  }
}
