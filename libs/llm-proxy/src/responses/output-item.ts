import type { JsonObject } from '#common';
import type { PartHead } from '../answer-parts/answer-part.js';
import type { DoorEvent } from '../answer-translation.js';

/** One item of a response's output: what it is at its beginning and end, and the events between. */
export interface OutputItem {
  /** What its id begins with. */
  idPrefix: string;
  /** The item without its id and status, which every item has. @param text what was said so far */
  content(text: string, isWhole: boolean): JsonObject;
  /** Events after `output_item.added`. */
  opening: DoorEvent[];
  delta(text: string): DoorEvent;
  /** Events before `output_item.done`. */
  closing(text: string): DoorEvent[];
}

/** The item that a part of the answer becomes. */
export function outputItem(head: PartHead): OutputItem {
  switch (head.type) {
    case 'text':
      return message('output_text', 'output_text', 'text', { annotations: [], logprobs: [] });
    case 'refusal':
      return message('refusal', 'refusal', 'refusal', {});
    case 'tool_call':
      return functionCall(head.callId, head.name);
    case 'reasoning':
    default:
      return head.form === 'summary' ? summary() : reasoning();
  }
}

function message(type: string, name: string, member: 'text' | 'refusal', rest: JsonObject): OutputItem {
  const part = (text: string) => ({ type, [member]: text, ...rest });
  const logprobs = member === 'text' ? { logprobs: [] } : {};
  return {
    idPrefix: 'msg_',
    content: (text, isWhole) => ({
      type: 'message',
      role: 'assistant',
      content: isWhole ? [part(text)] : [],
    }),
    opening: [{ type: 'response.content_part.added', content_index: 0, part: part('') }],
    delta: (delta) => ({ type: `response.${name}.delta`, content_index: 0, delta, ...logprobs }),
    closing: (text) => [
      { type: `response.${name}.done`, content_index: 0, [member]: text, ...logprobs },
      { type: 'response.content_part.done', content_index: 0, part: part(text) },
    ],
  };
}

const functionCall = (call_id: string, name: string): OutputItem => ({
  idPrefix: 'fc_',
  content: (text) => ({ type: 'function_call', call_id, name, arguments: text }),
  opening: [],
  delta: (delta) => ({ type: 'response.function_call_arguments.delta', delta }),
  closing: (text) => [{ type: 'response.function_call_arguments.done', name, arguments: text }],
});

/** The model's own words, as they came to it. */
function reasoning(): OutputItem {
  const part = (text: string) => ({ type: 'reasoning_text', text });
  return {
    idPrefix: 'rs_',
    content: (text, isWhole) => ({ type: 'reasoning', summary: [], content: isWhole ? [part(text)] : [] }),
    opening: [{ type: 'response.content_part.added', content_index: 0, part: part('') }],
    delta: (delta) => ({ type: 'response.reasoning_text.delta', content_index: 0, delta }),
    closing: (text) => [
      { type: 'response.reasoning_text.done', content_index: 0, text },
      { type: 'response.content_part.done', content_index: 0, part: part(text) },
    ],
  };
}

/** What its vendor makes public of them. */
function summary(): OutputItem {
  const part = (text: string) => ({ type: 'summary_text', text });
  return {
    idPrefix: 'rs_',
    content: (text, isWhole) => ({ type: 'reasoning', summary: isWhole ? [part(text)] : [] }),
    opening: [{ type: 'response.reasoning_summary_part.added', summary_index: 0, part: part('') }],
    delta: (delta) => ({ type: 'response.reasoning_summary_text.delta', summary_index: 0, delta }),
    closing: (text) => [
      { type: 'response.reasoning_summary_text.done', summary_index: 0, text },
      { type: 'response.reasoning_summary_part.done', summary_index: 0, part: part(text) },
    ],
  };
}
