import { isJsonObject, stringOf, type JsonObject } from '#common';
import type { UpstreamError } from './openrouter.errors.js';
import { costIn, reportsUsage, type TokenUsage, usageIn } from './token-usage.js';
import { errorIn, toUpstreamError } from './upstream-error.js';

/**
 * What a chunk is to the proxy: `content` is a real chunk (text, reasoning, a tool call, a finish reason); `preamble`
 * promises one (a role, an empty delta); `usage` only counts; `error` reports a failure inside the stream.
 */
export type ChunkKind = 'content' | 'preamble' | 'usage' | 'error';

/** Characters of generated text that are kept; more is forwarded, but not remembered. */
const longestText = 1_000_000;

/** Reads what a call needs to be settled and remembered, beside the bytes, from its chunks or from its one JSON body. */
export class CompletionTap {
  model: string | undefined;
  generationId: string | undefined;
  usage: TokenUsage | undefined;
  /** USD, a plain decimal; of the same report as the usage. */
  cost: string | undefined;
  /** Of the first choice. */
  finishReason: string | undefined;
  error: UpstreamError | undefined;
  /** True once something real was generated. */
  began = false;
  /** Text of the first choice: what the assistant said. */
  text = '';
  /** Everything else that was generated: reasoning, tool calls, refusals, further choices. */
  otherText = '';

  /** @param body a whole answer or one chunk */
  read(body: JsonObject): ChunkKind {
    this.model = stringOf(body['model']) ?? this.model;
    this.generationId = stringOf(body['id']) ?? this.generationId;
    this.readUsage(body);
    const choices = body['choices'];
    const began = Array.isArray(choices) ? this.readChoices(choices) : false;
    if (errorIn(body) !== undefined) {
      this.error = toUpstreamError({ status: 200, body });
      return 'error';
    }
    if (began) {
      this.began = true;
      return 'content';
    }
    const counts = reportsUsage(body) && Array.isArray(choices) && choices.length === 0;
    return counts ? 'usage' : 'preamble';
  }

  /** Usage may stand in any chunk, with choices or without; the last one counts, its silence about the cost included. */
  private readUsage(body: JsonObject): void {
    const usage = usageIn(body);
    this.cost = costIn(body) ?? (usage ? undefined : this.cost);
    this.usage = usage ?? this.usage;
  }

  private readChoices(choices: unknown[]): boolean {
    let began = false;
    for (const choice of choices) {
      if (!isJsonObject(choice)) continue;
      const isFirst = choice['index'] === 0 || choice['index'] === undefined;
      const finish = stringOf(choice['finish_reason']);
      if (finish !== undefined && isFirst) this.finishReason = finish;
      // Legacy completions have `text` where chat has `delta` or `message`.
      const said = choice['delta'] ?? choice['message'] ?? { content: choice['text'] };
      if (isJsonObject(said) && this.readMessage(said, isFirst)) began = true;
      if (finish !== undefined) began = true;
    }
    return began;
  }

  private readMessage(message: JsonObject, isFirst: boolean): boolean {
    let began = false;
    for (const name of Object.keys(message)) {
      const value = message[name];
      if (name === 'role' || isNothing(value)) continue;
      began = true;
      if (name === 'content' && isFirst && typeof value === 'string') {
        this.text = append(this.text, value);
      } else if (!repeated.has(name)) {
        for (const text of stringsIn(value)) this.otherText = append(this.otherText, text);
      }
    }
    return began;
  }
}

/** OpenRouter sends reasoning twice, as text and in parts. */
const repeated: ReadonlySet<string> = new Set(['reasoning_details']);

/** Members of parts and tool calls that label what was generated. */
const labels: ReadonlySet<string> = new Set(['id', 'type']);

const isNothing = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

function append(text: string, more: string): string {
  const room = longestText - text.length;
  return more.length <= room ? text + more : text + more.slice(0, room);
}

function* stringsIn(value: unknown, depth = 0): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null && depth < 4) {
    for (const [name, member] of Object.entries(value))
      if (!labels.has(name)) yield* stringsIn(member, depth + 1);
  }
}
