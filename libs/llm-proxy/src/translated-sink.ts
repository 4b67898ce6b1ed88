import { type GatewayError, isJsonObject, type JsonObject, parseJson } from '#common';
import { errorIn, SseSplitter, toUpstreamError } from '#openrouter';
import type { AnswerSink } from './answer-sink.js';
import { type AnswerTranslation, bytesOf, type DoorEvent } from './answer-translation.js';

/** Takes a chat answer and hands on what a door makes of it, at the pace of the sink behind. */
export class TranslatedSink implements AnswerSink {
  private readonly splitter = new SseSplitter();
  private status = 200;
  private headers: Readonly<Record<string, string>> = {};
  private isStream = false;
  /** The door's last events were written: nothing after them counts. */
  private isOver = false;

  constructor(
    private readonly inner: AnswerSink,
    private readonly translation: AnswerTranslation,
  ) {}

  start(status: number, headers: Readonly<Record<string, string>>): void {
    this.isStream = headers['content-type']?.startsWith('text/event-stream') ?? false;
    if (this.isStream) this.inner.start(status, headers);
    // The length of a JSON answer is known when it is translated.
    else [this.status, this.headers] = [status, headers];
  }

  write(bytes: Buffer): Promise<void> | undefined {
    return this.isStream ? this.send(this.eventsIn(bytes)) : this.sendWhole(bytes);
  }

  end(): void {
    this.inner.end();
  }

  fail(error: GatewayError): Promise<void> | undefined {
    return this.send(this.failed(error));
  }

  private sendWhole(bytes: Buffer): Promise<void> | undefined {
    const completion = parseJson(bytes.toString('utf8'));
    const answer = this.translation.whole(isJsonObject(completion) ? completion : {});
    const body = Buffer.from(JSON.stringify(answer));
    this.inner.start(this.status, { ...this.headers, 'content-length': String(body.length) });
    return this.inner.write(body);
  }

  private eventsIn(bytes: Buffer): DoorEvent[] {
    return this.splitter.push(bytes).flatMap(({ kind, data }) => {
      if (this.isOver) return [];
      if (kind === 'done') return this.last(this.translation.done());
      const chunk = kind === 'data' ? parseJson(data) : undefined;
      return isJsonObject(chunk) ? this.eventsFor(chunk) : [];
    });
  }

  /** An error event of the upstream stands in the stream as the upstream wrote it. */
  private eventsFor(chunk: JsonObject): DoorEvent[] {
    if (errorIn(chunk) === undefined) return this.translation.chunk(chunk);
    return this.failed(toUpstreamError({ status: 200, body: chunk }));
  }

  private failed(error: GatewayError): DoorEvent[] {
    return this.isOver ? [] : this.last(this.translation.fail(error));
  }

  private last(events: DoorEvent[]): DoorEvent[] {
    this.isOver = true;
    return events;
  }

  private send(events: DoorEvent[]): Promise<void> | undefined {
    return events.length === 0 ? undefined : this.inner.write(bytesOf(events));
  }
}
