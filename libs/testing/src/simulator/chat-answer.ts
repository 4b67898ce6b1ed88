import { isJsonObject, stringOf, type JsonObject } from '#common';
import type { ChatRequest } from './chat-request.js';
import { lastUserText, recalledContextIn, textOf } from './message-text.js';
import type { SimulatedModel } from './model-catalogue.js';
import { exampleFor } from './schema-example.js';
import { countTokens, firstTokens } from './token-counter.js';

/** A function the model asks the caller to run. */
export interface ToolCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** What the model says in each of the `n` choices. */
export interface ChatAnswer {
  /** What it thought before, in words; '' when it was not asked to reason. */
  reasoning: string;
  text: string;
  toolCalls: ToolCall[];
  /** null stands for the blank reason of an empty completion. */
  finishReason: 'stop' | 'length' | 'tool_calls' | null;
}

/** What one choice is billed for: its reasoning, and its text or its calls as text. */
export const spokenText = (answer: ChatAnswer): string =>
  answer.reasoning + answer.text + answer.toolCalls.map((call) => call.name + call.arguments).join('');

/** Completion tokens of one choice. */
export const tokensOf = (answer: ChatAnswer): number => countTokens(spokenText(answer));

function withContext(messages: readonly JsonObject[], question: string): string {
  const recalled = recalledContextIn(messages);
  return [
    'This is a demo model (a simulator) without any intelligence: it only repeats what the gateway sent to it.',
    recalled ? `Recalled context I was given:\n${recalled}` : 'No recalled context was in the messages.',
    `Your question: ${question}`,
  ].join('\n\n');
}

function replyText(request: ChatRequest, model: SimulatedModel): string {
  const question = lastUserText(request.messages);
  const last = request.messages.at(-1);
  if (last?.['role'] === 'tool') return `The tool said: ${textOf(last)}`;
  const format = request.responseFormat;
  const wrapper = format && isJsonObject(format['json_schema']) ? format['json_schema'] : null;
  if (format?.['type'] === 'json_schema' && wrapper && isJsonObject(wrapper['schema'])) {
    return JSON.stringify(exampleFor(wrapper['schema'], question));
  }
  if (format?.['type'] === 'json_object') return JSON.stringify({ answer: `You said: ${question}` });
  return model.reply === 'echo-with-context'
    ? withContext(request.messages, question)
    : `You said: ${question}`;
}

/** The names the user (`call:<name>` in the last message) or `tool_choice` asks to have called. */
function wantedTools(request: ChatRequest, names: string[]): string[] {
  const choice = request.toolChoice;
  // After a tool has answered the model speaks, or an agent's loop would never end.
  if (choice === 'none' || request.messages.at(-1)?.['role'] === 'tool') return [];
  if (isJsonObject(choice) && isJsonObject(choice['function'])) {
    return [stringOf(choice['function']['name']) ?? ''];
  }
  const asked = [...lastUserText(request.messages).matchAll(/\bcall:([\w.-]+)/gu)].map(
    (match) => match[1] ?? '',
  );
  return asked.length === 0 && choice === 'required' ? names.slice(0, 1) : asked;
}

function toolCallsFor(request: ChatRequest): ToolCall[] {
  const functions = new Map<string, JsonObject>();
  for (const tool of request.tools) {
    const declared = isJsonObject(tool['function']) ? tool['function'] : {};
    const name = stringOf(declared['name']);
    if (name) functions.set(name, isJsonObject(declared['parameters']) ? declared['parameters'] : {});
  }
  return wantedTools(request, [...functions.keys()]).flatMap((name, index) => {
    const parameters = functions.get(name);
    const value = parameters && exampleFor({ type: 'object', ...parameters }, 'example');
    return value === undefined ? [] : [{ id: `call_sim_${index}`, name, arguments: JSON.stringify(value) }];
  });
}

const thoughts = 'I am a simulator: I repeat what I am told.';

/** The answer to a call: decided by the call alone, so that a test knows it beforehand. All `n` choices are alike. */
export function answerTo(request: ChatRequest, model: SimulatedModel): ChatAnswer {
  const toolCalls = toolCallsFor(request);
  const reasoning = request.reasons ? thoughts : '';
  if (toolCalls.length > 0) return { reasoning, text: '', toolCalls, finishReason: 'tool_calls' };
  const whole = replyText(request, model);
  const limit = Math.min(request.maxTokens ?? Infinity, model.maxCompletionTokens ?? Infinity);
  const text = firstTokens(whole, limit);
  return { reasoning, text, toolCalls: [], finishReason: text === whole ? 'stop' : 'length' };
}
