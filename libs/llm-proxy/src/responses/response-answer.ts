import type { GatewayError, JsonObject } from '#common';
import type { PartEvent, PartHead } from '../answer-parts/answer-part.js';
import { AnswerReader, type MakeId } from '../answer-parts/answer-reader.js';
import { packDetails } from '../answer-parts/reasoning-details.js';
import type { AnswerTranslation, DoorEvent } from '../answer-translation.js';
import { type OutputItem, outputItem } from './output-item.js';
import { errorEvent, responseError } from './response-error.js';
import { responseObject, type ResponseState } from './response-object.js';
import type { ResponseRequest } from './response-request.js';
import { responseUsage } from './response-usage.js';

/** What a response needs to know of its call. */
export interface ResponseCall {
  request: Pick<ResponseRequest, 'asked' | 'wantsReasoning'>;
  makeId: MakeId;
}

/** The item that is being said. */
interface OpenItem {
  id: string;
  item: OutputItem;
  text: string;
}

/** Makes a response of a chat answer: the object, or the numbered events that build it. */
export class ResponseAnswer implements AnswerTranslation {
  private readonly reader: AnswerReader;
  private readonly state: Omit<ResponseState, 'model' | 'usage'>;
  private readonly output: JsonObject[] = [];
  private open: OpenItem | undefined;
  private hasBegun = false;
  private sequenceNumber = 0;

  constructor(private readonly call: ResponseCall) {
    this.reader = new AnswerReader(call.makeId);
    this.state = {
      id: call.makeId('resp_'),
      createdAt: Math.floor(Date.now() / 1000),
      status: 'in_progress',
      output: this.output,
      error: null,
      incompleteReason: undefined,
    };
  }

  whole(completion: JsonObject): JsonObject {
    for (const part of this.reader.read(completion)) this.itemEvents(part);
    this.finish();
    return this.response();
  }

  chunk(chunk: JsonObject): DoorEvent[] {
    const parts = this.reader.read(chunk);
    return this.numbered([...this.beginning(), ...parts.flatMap((part) => this.itemEvents(part))]);
  }

  done(): DoorEvent[] {
    const beginning = this.beginning();
    const rest = this.finish();
    return this.numbered([...beginning, ...rest, this.lifecycle(this.state.status)]);
  }

  fail(error: GatewayError): DoorEvent[] {
    const beginning = this.beginning();
    this.state.status = 'failed';
    this.state.error = responseError(error);
    if (this.open) this.output.push(itemOf(this.open, 'incomplete'));
    return this.numbered([...beginning, errorEvent(error), this.lifecycle('failed')]);
  }

  private beginning(): DoorEvent[] {
    if (this.hasBegun) return [];
    this.hasBegun = true;
    return [this.lifecycle('created'), this.lifecycle('in_progress')];
  }

  /** What was held back, closed; from here on the state says how the response ended. */
  private finish(): DoorEvent[] {
    const { finishReason } = this.reader;
    if (finishReason === 'length') this.state.incompleteReason = 'max_output_tokens';
    if (finishReason === 'content_filter') this.state.incompleteReason = 'content_filter';
    this.state.status = this.state.incompleteReason === undefined ? 'completed' : 'incomplete';
    return this.reader.end().flatMap((part) => this.itemEvents(part));
  }

  private itemEvents(part: PartEvent): DoorEvent[] {
    if (part.kind === 'open') return this.openItem(part.head);
    const { open } = this;
    if (open === undefined) return [];
    if (part.kind === 'close') return this.closeItem(open, part);
    open.text += part.text;
    return [this.within(open, open.item.delta(part.text))];
  }

  private openItem(head: PartHead): DoorEvent[] {
    const item = outputItem(head);
    const open = { id: this.call.makeId(item.idPrefix), item, text: '' };
    this.open = open;
    return [
      {
        type: 'response.output_item.added',
        output_index: this.output.length,
        item: itemOf(open, 'in_progress'),
      },
      ...item.opening.map((event) => this.within(open, event)),
    ];
  }

  private closeItem(open: OpenItem, { text, details }: Extract<PartEvent, { kind: 'close' }>): DoorEvent[] {
    const item = itemOf({ ...open, text }, this.state.status === 'incomplete' ? 'incomplete' : 'completed');
    if (this.call.request.wantsReasoning && details.length > 0)
      item['encrypted_content'] = packDetails(details);
    const events = [
      ...open.item.closing(text).map((event) => this.within(open, event)),
      { type: 'response.output_item.done', output_index: this.output.length, item },
    ];
    this.output.push(item);
    this.open = undefined;
    return events;
  }

  private within({ id }: OpenItem, event: DoorEvent): DoorEvent {
    return { ...event, item_id: id, output_index: this.output.length };
  }

  private lifecycle(stage: 'created' | ResponseState['status']): DoorEvent {
    return { type: `response.${stage}`, response: this.response() };
  }

  private response(): JsonObject {
    const { model, usage } = this.reader;
    return responseObject(this.call.request.asked, { ...this.state, model, usage: responseUsage(usage) });
  }

  private numbered(events: DoorEvent[]): DoorEvent[] {
    return events.map((event) => ({ ...event, sequence_number: this.sequenceNumber++ }));
  }
}

const itemOf = (
  { id, item, text }: OpenItem,
  status: 'in_progress' | 'completed' | 'incomplete',
): JsonObject => ({
  id,
  status,
  ...item.content(text, status !== 'in_progress'),
});
