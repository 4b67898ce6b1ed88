import { isJsonObject, messageText, numberOf, stringOf, type JsonObject } from '#common';
import type { PartEvent, PartHead } from './answer-part.js';
import { PartQueue, type PendingPart } from './part-queue.js';
import { mergeDetails, textOfDetails } from './reasoning-details.js';

/** Makes an id that is not used yet, with what its kind begins with: `msg_`, `call_`, … */
export type MakeId = (prefix: string) => string;

/**
 * Reads a chat answer, chunk by chunk or in its one body, into parts. Only the first choice is read: the doors ask for one.
 * Never throws: what has another shape than it should says nothing.
 */
export class AnswerReader {
  /** As the upstream named it. */
  model: string | undefined;
  /** As it came, with its details; the last one counts. */
  usage: JsonObject | undefined;
  finishReason: string | undefined;
  nativeFinishReason: string | undefined;
  private readonly queue = new PartQueue();
  private readonly calls = new Map<number, { part: PendingPart; id: string | undefined }>();
  /** Details that came while something else was being said: they are a part of their own, after it. */
  private readonly late: JsonObject[] = [];

  constructor(private readonly makeId: MakeId) {}

  /** @param body a chunk, or a whole answer. @returns what it adds */
  read(body: JsonObject): PartEvent[] {
    this.model = stringOf(body['model']) ?? this.model;
    if (isJsonObject(body['usage'])) this.usage = body['usage'];
    const choice = listOf(body['choices']).find(({ index }) => index === 0 || index === undefined);
    if (choice === undefined) return [];
    this.finishReason = stringOf(choice['finish_reason']) ?? this.finishReason;
    this.nativeFinishReason = stringOf(choice['native_finish_reason']) ?? this.nativeFinishReason;
    const said = choice['delta'] ?? choice['message'];
    if (isJsonObject(said)) this.readMessage(said);
    return this.queue.take(false);
  }

  /** The answer is complete, or will not be. @returns what was still held back */
  end(): PartEvent[] {
    this.bringLate();
    return this.queue.take(true);
  }

  private readMessage(said: JsonObject): void {
    this.readReasoning(said);
    this.say({ type: 'text' }, messageText(said['content']));
    this.say({ type: 'refusal' }, stringOf(said['refusal']) ?? '');
    for (const [i, call] of listOf(said['tool_calls']).entries()) this.readCall(call, i);
  }

  private readReasoning(said: JsonObject): void {
    const details = listOf(said['reasoning_details']);
    // OpenRouter says it twice, as text and in details; DeepSeek's own API calls it `reasoning_content`.
    const text =
      (stringOf(said['reasoning']) ?? stringOf(said['reasoning_content'])) || textOfDetails(details);
    const isSummary = details.some(({ type }) => type === 'reasoning.summary');
    this.say({ type: 'reasoning', form: isSummary ? 'summary' : 'text' }, text);
    if (details.length === 0) return;
    const last = this.queue.last ?? this.queue.add({ type: 'reasoning', form: 'text' });
    mergeDetails(last.head.type === 'reasoning' ? last.details : this.late, details);
  }

  /** Adds to the part that is being said, if it is of this kind; else begins one. */
  private say(head: PartHead, text: string): void {
    if (text === '') return;
    const { last } = this.queue;
    const part = last !== undefined && isSame(last.head, head) ? last : this.begin(head);
    part.text += text;
  }

  private readCall(call: JsonObject, position: number): void {
    const index = numberOf(call['index']) ?? position;
    const id = stringOf(call['id']) || undefined;
    const made = isJsonObject(call['function']) ? call['function'] : {};
    const known = this.calls.get(index);
    // Some providers give every call the index 0, and only the ids tell them apart.
    const isNew = known === undefined || (id !== undefined && known.id !== undefined && id !== known.id);
    const name = stringOf(made['name']) ?? '';
    const part = isNew
      ? this.begin({ type: 'tool_call', callId: id ?? this.makeId('call_'), name })
      : known.part;
    if (isNew) this.calls.set(index, { part, id });
    else if (part.head.type === 'tool_call' && part.head.name === '') part.head = { ...part.head, name };
    part.text += argumentsIn(made['arguments']);
  }

  private begin(head: PartHead): PendingPart {
    this.bringLate();
    return this.queue.add(head);
  }

  private bringLate(): void {
    if (this.late.length > 0) this.queue.add({ type: 'reasoning', form: 'text' }, this.late.splice(0));
  }
}

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

/** Reasoning stays one part, whichever form a later piece has. */
const isSame = (a: PartHead, b: PartHead): boolean => a.type === b.type && a.type !== 'tool_call';

/** Text in pieces; a few servers send the object itself. */
function argumentsIn(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
