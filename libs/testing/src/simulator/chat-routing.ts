import type { ChatRequest } from './chat-request.js';
import type { Exchange } from './exchange.js';
import type { SimulatedModel } from './model-catalogue.js';
import { badRequest, OpenRouterError } from './openrouter.error.js';
import type { SimulatorState } from './simulator.state.js';

function checkContext(model: SimulatedModel, request: ChatRequest): void {
  const asked = request.promptTokens + (request.maxTokens ?? 0);
  if (asked <= model.contextLength) return;
  throw new OpenRouterError({
    code: 400,
    message:
      `This endpoint's maximum context length is ${model.contextLength} tokens. However, you requested about ${asked} ` +
      `tokens (${request.promptTokens} of text input, ${request.maxTokens ?? 0} in the output). ` +
      'Please reduce the length of either one.',
    error_type: 'context_length_exceeded',
    provider_name: model.provider,
  });
}

async function tryModel(exchange: Exchange, state: SimulatorState, request: ChatRequest, id: string) {
  const model = state.models.find((candidate) => candidate.id === id);
  if (!model) throw badRequest(`${id} is not a valid model ID`);
  if (model.kind !== 'chat') {
    throw new OpenRouterError({
      code: 404,
      message: `No endpoints found for ${id}.`,
      error_type: 'not_found',
    });
  }
  const { headers } = exchange.request;
  const user = exchange.call.user ?? undefined;
  exchange.fault = state.faults.take({ endpoint: 'chat', headers, model: id, user }) ?? {};
  if (exchange.fault.hold) await exchange.until(state.faults.lifted);
  if (exchange.fault.error) {
    await exchange.begin();
    throw new OpenRouterError(exchange.fault.error);
  }
  checkContext(model, request);
  return model;
}

/**
 * The first model of the list that will serve; each that will not is passed over, whatever its reason.
 * @throws OpenRouterError the last refusal, with the earlier ones in `metadata.previous_errors`.
 */
export async function chooseModel(exchange: Exchange, state: SimulatorState, request: ChatRequest) {
  const refusals: OpenRouterError[] = [];
  for (const id of request.models) {
    try {
      return await tryModel(exchange, state, request, id);
    } catch (error) {
      if (!(error instanceof OpenRouterError)) throw error;
      refusals.push(error);
    }
  }
  const [last, ...earlier] = refusals.toReversed();
  if (!last) throw badRequest('No models provided');
  if (earlier.length === 0) throw last;
  const previous = earlier.toReversed().map(({ status, message }) => ({ code: status, message }));
  throw new OpenRouterError({
    ...last.details,
    metadata: { ...last.details.metadata, previous_errors: previous },
  });
}
