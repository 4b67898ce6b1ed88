import { isJsonObject, type JsonObject, parseJson } from '#common';
import type { PartEvent, PartHead } from './answer-part.js';

/** A part that may still grow. */
export interface PendingPart {
  head: PartHead;
  text: string;
  details: JsonObject[];
}

interface QueuedPart extends PendingPart {
  isOpen: boolean;
  /** Characters of the text that went out. */
  sent: number;
}

/**
 * Puts parts that may grow at the same time (parallel tool calls) into a sequence. The first goes out as it grows; the others
 * wait until it is over: a text when anything follows it, a tool call when its arguments are whole, or the answer ends.
 */
export class PartQueue {
  private readonly parts: QueuedPart[] = [];

  /** The part that began last, if it is not over. */
  get last(): PendingPart | undefined {
    return this.parts.at(-1);
  }

  /** Begins a part; whoever holds it may add to it. */
  add(head: PartHead, details: JsonObject[] = []): PendingPart {
    const part = { head, text: '', details, isOpen: false, sent: 0 };
    this.parts.push(part);
    return part;
  }

  /** What may go out now. @param isEnd nothing will be added any more: all of it */
  take(isEnd: boolean): PartEvent[] {
    const events: PartEvent[] = [];
    for (let part = this.parts[0]; part !== undefined; part = this.parts[0]) {
      const isOver = isEnd || (this.parts.length > 1 && isWhole(part));
      if (isOver && part.head.type === 'tool_call' && part.text === '') part.text = '{}';
      events.push(...growth(part, isOver));
      if (!isOver) break;
      events.push({ kind: 'close', text: part.text, details: part.details });
      this.parts.shift();
    }
    return events;
  }
}

/** A tool call is opened when its name is known, which some providers send late. */
function growth(part: QueuedPart, isOver: boolean): PartEvent[] {
  const events: PartEvent[] = [];
  if (!part.isOpen && (isOver || part.head.type !== 'tool_call' || part.head.name !== '')) {
    part.isOpen = true;
    events.push({ kind: 'open', head: part.head });
  }
  if (part.isOpen && part.sent < part.text.length) {
    events.push({ kind: 'grow', text: part.text.slice(part.sent) });
    part.sent = part.text.length;
  }
  return events;
}

const isWhole = ({ head, text }: PendingPart): boolean =>
  head.type !== 'tool_call' || isJsonObject(parseJson(text));
