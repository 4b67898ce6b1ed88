import type { Exchange } from './exchange.js';
import { generationOf } from './generation.view.js';
import { sendJson } from './json-reply.js';
import { modelEntry, type SimulatedModel } from './model-catalogue.js';
import { badRequest, OpenRouterError } from './openrouter.error.js';
import type { SimulatorState } from './simulator.state.js';

const notFound = (message: string) => new OpenRouterError({ code: 404, message, error_type: 'not_found' });

function pageParameter(url: URL, name: string, usual: number, least: number, most: number): number {
  const value = Number(url.searchParams.get(name) ?? usual);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw badRequest(`${name} must be an integer from ${least} to ${most}`);
}

/** `GET /models` and `GET /embeddings/models`, in pages of `limit` from `offset`. */
export async function serveModels(
  exchange: Exchange,
  state: SimulatorState,
  url: URL,
  kind: SimulatedModel['kind'],
): Promise<void> {
  const models = state.models.filter((model) => model.kind === kind);
  const offset = pageParameter(url, 'offset', 0, 0, Number.MAX_SAFE_INTEGER);
  const limit = pageParameter(url, 'limit', 500, 1, 1000);
  const end = offset + limit;
  const next = end < models.length ? `${url.pathname}?offset=${end}&limit=${limit}` : null;
  const data = models.slice(offset, end).map(modelEntry);
  await sendJson(exchange, { data, total_count: models.length, links: { next } });
}

/** `GET /model/{author}/{slug}`. */
export async function serveModel(exchange: Exchange, state: SimulatorState, id: string): Promise<void> {
  const model = state.models.find((candidate) => candidate.id === id);
  if (!model) throw notFound(`Model ${id} not found`);
  await sendJson(exchange, { data: modelEntry(model) });
}

/** `GET /generation?id=`: every completion and embedding that has ended, cancelled ones too; before, nobody knows its figures. */
export async function serveGeneration(exchange: Exchange, state: SimulatorState, url: URL): Promise<void> {
  const id = url.searchParams.get('id') ?? '';
  const call = state.ledger.find(id);
  const isGeneration = call !== undefined && ['chat', 'embeddings'].includes(call.endpoint);
  if (!isGeneration || call.status >= 400 || call.ended_at === null)
    throw notFound(`Generation ${id} not found`);
  await sendJson(exchange, { data: generationOf(call) });
}

/** `GET /key`: a key without a limit, and what the simulator billed so far. */
export async function serveKey(exchange: Exchange, state: SimulatorState): Promise<void> {
  const usage = state.ledger.calls().reduce((sum, call) => sum + call.cost, 0);
  await sendJson(exchange, {
    data: {
      label: 'sk-or-v1-sim...ulator',
      limit: null,
      limit_remaining: null,
      limit_reset: null,
      usage,
      usage_daily: usage,
      usage_weekly: usage,
      usage_monthly: usage,
      byok_usage: 0,
      byok_usage_daily: 0,
      byok_usage_weekly: 0,
      byok_usage_monthly: 0,
      include_byok_in_limit: false,
      is_free_tier: false,
      is_management_key: false,
      is_provisioning_key: false,
      creator_user_id: null,
      expires_at: null,
      rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated and safe to ignore.' },
    },
  });
}
