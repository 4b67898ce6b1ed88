import { isJsonObject, type JsonObject, numberOf } from '#common';

/**
 * Anthropic counts what came from and went into the prompt cache beside `input_tokens`, chat counts it within. Without a count
 * of the upstream the numbers are 0.
 */
export function messageUsage(usage: JsonObject = {}): JsonObject {
  const prompt = isJsonObject(usage['prompt_tokens_details']) ? usage['prompt_tokens_details'] : {};
  const completion = isJsonObject(usage['completion_tokens_details'])
    ? usage['completion_tokens_details']
    : {};
  const read = numberOf(prompt['cached_tokens']) ?? 0;
  const written = numberOf(prompt['cache_write_tokens']) ?? 0;
  const thought = numberOf(completion['reasoning_tokens']);
  return {
    input_tokens: Math.max(0, (numberOf(usage['prompt_tokens']) ?? 0) - read - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    output_tokens: numberOf(usage['completion_tokens']) ?? 0,
    output_tokens_details: thought === undefined ? null : { thinking_tokens: thought },
    server_tool_use: null,
    // OpenRouter's word for what the call cost, in USD.
    ...(usage['cost'] !== undefined && { cost: usage['cost'] }),
  };
}

/** Usage as a message has it: with what no chat upstream tells. */
export const wholeMessageUsage = (usage?: JsonObject): JsonObject => ({
  ...messageUsage(usage),
  cache_creation: null,
  inference_geo: null,
  service_tier: null,
  speed: null,
});
