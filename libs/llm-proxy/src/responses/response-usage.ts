import { isJsonObject, type JsonObject, numberOf } from '#common';

/** Chat's usage in the words of the Responses API; undefined when the upstream gave none. */
export function responseUsage(usage: JsonObject | undefined): JsonObject | undefined {
  const input = numberOf(usage?.['prompt_tokens']);
  if (usage === undefined || input === undefined) return undefined;
  const prompt = isJsonObject(usage['prompt_tokens_details']) ? usage['prompt_tokens_details'] : {};
  const completion = isJsonObject(usage['completion_tokens_details'])
    ? usage['completion_tokens_details']
    : {};
  const output = numberOf(usage['completion_tokens']) ?? 0;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: numberOf(prompt['cached_tokens']) ?? 0,
      cache_write_tokens: numberOf(prompt['cache_write_tokens']) ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: numberOf(completion['reasoning_tokens']) ?? 0 },
    total_tokens: numberOf(usage['total_tokens']) ?? input + output,
    // OpenRouter's word for what the call cost, in USD.
    ...(usage['cost'] !== undefined && { cost: usage['cost'] }),
  };
}
