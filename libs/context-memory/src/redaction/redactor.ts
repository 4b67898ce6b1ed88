import { isJsonObject } from '#common';
import type { NewItem } from '../ingest/new-item.js';
import { addCounts, type PiiClass, type RedactionCounts } from './pii-class.js';
import { redactText } from './redact-text.js';

/** Takes personal data out of what one request wants to store, and counts it. */
export class Redactor {
  counts: RedactionCounts = {};

  constructor(readonly classes: readonly PiiClass[]) {}

  text(text: string): string {
    if (this.classes.length === 0) return text;
    const redacted = redactText(text, this.classes);
    this.counts = addCounts(this.counts, redacted.counts);
    return redacted.text;
  }

  /** Every text in a JSON value; names of members stay. */
  json<T>(value: T): T;
  json(value: unknown): unknown {
    if (value instanceof Date) return value;
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((element) => this.json<unknown>(element));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.json(member)]));
  }

  /** What is searched or shown of an item. Its session and external id are names by which it is asked for, and stay. */
  item(item: NewItem): NewItem {
    if (this.classes.length === 0) return item;
    const { title, speaker, metadata, recorded } = item;
    return {
      ...item,
      content: this.text(item.content),
      ...(title !== undefined && { title: this.text(title) }),
      ...(speaker !== undefined && { speaker: this.text(speaker) }),
      ...(metadata !== undefined && { metadata: this.json(metadata) }),
      ...(recorded && {
        recorded: { ...recorded, heading: recorded.heading && this.text(recorded.heading) },
      }),
    };
  }
}
