import { isJsonObject, parseJson } from '#common';
import { UpstreamError, type UpstreamResponse } from '#openrouter';
import type { ClientStream } from './client-stream.js';
import type { HeldAnswer, UpstreamAttempt } from './upstream-attempt.js';

const largestAnswer = 64 * 1024 * 1024;

/** A completion in one JSON body: read whole, judged, forwarded byte for byte. */
export class JsonAnswer implements HeldAnswer {
  private constructor(private readonly body: Buffer) {}

  /** @throws UpstreamError for an error in the body, and for whatever is no completion. */
  static async hold(attempt: UpstreamAttempt, response: UpstreamResponse): Promise<JsonAnswer> {
    const body = await response.readAll(largestAnswer);
    const completion = parseJson(body.toString('utf8'));
    if (!isJsonObject(completion)) throw new UpstreamError('malformed', { upstreamStatus: response.status });
    const kind = attempt.tap.read(completion);
    if (attempt.tap.error) throw attempt.tap.error;
    if (kind !== 'content') {
      // A completion of nothing is the model's doing; anything else is no completion.
      const isCompletion = Array.isArray(completion['choices']);
      throw new UpstreamError(isCompletion ? 'empty' : 'malformed', { upstreamStatus: response.status });
    }
    attempt.began();
    return new JsonAnswer(body);
  }

  async sendTo(client: ClientStream): Promise<void> {
    client.start({ 'content-type': 'application/json', 'content-length': String(this.body.length) });
    await client.write(this.body);
    client.end();
  }
}
