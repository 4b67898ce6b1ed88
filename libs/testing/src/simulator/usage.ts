import type { SimulatedModel } from './model-catalogue.js';

const picosPerDollar = 1e12;
const pico = (usd: string): number => Math.round(Number(usd) * picosPerDollar);

/** USD for a call. Counted in whole picodollars, so that sums in tests are exact to the last digit of a double. */
export function costOf(model: SimulatedModel, prompt: number, completion: number) {
  const promptCost = prompt * pico(model.pricing.prompt);
  const completionCost = completion * pico(model.pricing.completion);
  return {
    prompt: promptCost / picosPerDollar,
    completion: completionCost / picosPerDollar,
    total: (promptCost + completionCost) / picosPerDollar,
  };
}

/** The tokens of a chat reply. */
interface ReplyTokens {
  prompt: number;
  completion: number;
  /** Those of the completion that were thought. */
  reasoning: number;
  free: boolean;
}

/** The `usage` object of a chat reply, with OpenRouter's additions. */
export function usageOf(model: SimulatedModel, { prompt, completion, reasoning, free }: ReplyTokens) {
  const cost = costOf(model, prompt, completion);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    cost: free ? 0 : cost.total,
    is_byok: false,
    prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0, video_tokens: 0 },
    cost_details: {
      upstream_inference_cost: null,
      upstream_inference_prompt_cost: cost.prompt,
      upstream_inference_completions_cost: cost.completion,
    },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0 },
  };
}
