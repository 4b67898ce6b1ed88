import { isJsonObject, stringOf, type JsonObject } from '#common';
import { objectsIn } from './objects-in.js';
import { badRequest } from './openrouter.error.js';
import { countTokens } from './token-counter.js';
import { textOf } from './message-text.js';

/** A chat call, read as far as the simulator cares. */
export interface ChatRequest {
  /** `model`, then `models[]`: the order in which they are tried. */
  models: string[];
  messages: JsonObject[];
  stream: boolean;
  n: number;
  /** null when the caller set no limit. */
  maxTokens: number | null;
  tools: JsonObject[];
  toolChoice: unknown;
  responseFormat: JsonObject | null;
  /** The caller wants to see how the model reasons. */
  reasons: boolean;
  promptTokens: number;
}

const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

function messagesIn(body: JsonObject): JsonObject[] {
  const messages = body['messages'];
  if (!Array.isArray(messages) || messages.length === 0) {
    throw badRequest('Input required: specify "messages" as a list that is not empty');
  }
  return messages.map((message: unknown, index) => {
    if (!isJsonObject(message) || !roles.has(stringOf(message['role']) ?? '')) {
      throw badRequest(`messages[${index}] must be an object with a known role`);
    }
    return message;
  });
}

function positive(body: JsonObject, field: string): number | null {
  const value = body[field] ?? null;
  if (value === null) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw badRequest(`${field} must be a positive integer`);
}

// Four tokens of framing a message and three to prime the reply: the usual estimate for chat models (OpenAI cookbook,
// "How to count tokens with tiktoken").
function promptTokensOf(messages: JsonObject[], tools: JsonObject[]): number {
  const spoken = messages.reduce((sum, message) => sum + 4 + countTokens(textOf(message)), 3);
  return tools.length > 0 ? spoken + countTokens(JSON.stringify(tools)) : spoken;
}

/**
 * Reads the body of `POST /chat/completions`.
 * @throws OpenRouterError 400 for a body that OpenRouter would not take either.
 */
export function parseChatRequest(body: JsonObject): ChatRequest {
  const fallbacks = Array.isArray(body['models']) ? body['models'] : [];
  const models = [body['model'], ...fallbacks].filter(
    (id): id is string => typeof id === 'string' && id !== '',
  );
  if (models.length === 0) throw badRequest('No models provided');
  if (body['stream'] !== undefined && body['stream'] !== null && typeof body['stream'] !== 'boolean') {
    throw badRequest('stream must be a boolean');
  }
  const messages = messagesIn(body);
  const tools = objectsIn(body['tools']);
  return {
    models: [...new Set(models)],
    messages,
    stream: body['stream'] === true,
    n: positive(body, 'n') ?? 1,
    maxTokens: positive(body, 'max_completion_tokens') ?? positive(body, 'max_tokens'),
    tools,
    toolChoice: body['tool_choice'],
    responseFormat: isJsonObject(body['response_format']) ? body['response_format'] : null,
    reasons: isJsonObject(body['reasoning']) && body['reasoning']['enabled'] !== false,
    promptTokens: promptTokensOf(messages, tools),
  };
}
