/** How a chat answer ended. */
export interface ChatEnding {
  finishReason: string | undefined;
  /** As the model's own vendor says it. */
  nativeFinishReason: string | undefined;
  hasToolCalls: boolean;
  hasRefusal: boolean;
}

const byFinishReason: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/** Reasons of Anthropic's that chat has no word for: Claude's own are believed. */
const native: ReadonlySet<string> = new Set([
  'stop_sequence',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
]);

/** Why the message ended, in Anthropic's words; null for an answer that did not say. */
export function stopReason({ finishReason, nativeFinishReason, ...said }: ChatEnding): string | null {
  if (nativeFinishReason !== undefined && native.has(nativeFinishReason)) return nativeFinishReason;
  if (said.hasRefusal) return 'refusal';
  // Some providers end with `stop` although tools are to be called; a client would not call them.
  if (said.hasToolCalls && finishReason === 'stop') return 'tool_use';
  return finishReason === undefined ? null : (byFinishReason[finishReason] ?? 'end_turn');
}
