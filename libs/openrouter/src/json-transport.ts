import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type AxiosInstance, create, isAxiosError } from 'axios';
import { isJsonObject, type JsonObject, parseJson } from '#common';
import { ClientGoneError, UpstreamError, type UpstreamErrorKind } from './openrouter.errors.js';
import { errorIn, toUpstreamError } from './upstream-error.js';
import type { UpstreamJournal, UpstreamOperation } from './upstream-journal.js';

/** One call whose answer is JSON and is read whole. */
export interface JsonCall {
  operation: UpstreamOperation;
  /** Absolute. */
  url: string;
  method?: 'GET' | 'POST' | 'HEAD';
  params?: Record<string, string>;
  /** JSON; sent as it is. */
  data?: Buffer | string;
  timeoutMs: number;
  /** Statuses from 300 up that are a good answer here all the same. */
  goodStatuses?: readonly number[];
  /** For the log. */
  model?: string;
  signal?: AbortSignal;
}

/** A good answer: the bytes to forward, and what they say. */
export interface JsonAnswer {
  /** As the upstream sent it. */
  body: Buffer;
  /** The same, parsed; empty for an answer without a body. */
  parsed: JsonObject;
}

interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** What axios calls its failures; any other is no connection. One that was cut had been made: the upstream is there. */
const kinds: Readonly<Record<string, UpstreamErrorKind>> = {
  ERR_BAD_RESPONSE: 'malformed',
  ECONNRESET: 'server',
  EPIPE: 'server',
};

const largestBody = 64 * 1024 * 1024;

/** One JSON call over axios: sent, timed, judged, recorded. */
export class JsonTransport {
  private readonly httpAgent = new HttpAgent({ keepAlive: true });
  private readonly httpsAgent = new HttpsAgent({ keepAlive: true });
  private readonly client: AxiosInstance;

  constructor(
    headers: Record<string, string>,
    private readonly journal: UpstreamJournal,
  ) {
    this.client = create({
      headers,
      httpAgent: this.httpAgent,
      httpsAgent: this.httpsAgent,
      responseType: 'arraybuffer',
      // Bodies go and come as bytes; statuses are judged here, and a redirect must not carry our key elsewhere.
      transformRequest: [(data: unknown) => data],
      validateStatus: () => true,
      maxRedirects: 0,
      maxContentLength: largestBody,
      maxBodyLength: largestBody,
      proxy: false,
    });
  }

  /** @throws UpstreamError for whatever is no good answer; ClientGoneError when the signal aborted. */
  async call(call: JsonCall): Promise<JsonAnswer> {
    const { operation, model } = call;
    const startedAt = performance.now();
    let statusCode: number | undefined;
    try {
      const answer = await this.send(call);
      statusCode = answer.status;
      const parsed = call.method === 'HEAD' ? {} : parseJson(answer.body.toString('utf8'));
      const isGood = answer.status < 300 || call.goodStatuses?.includes(answer.status) === true;
      if (!isGood || (isJsonObject(parsed) && errorIn(parsed) !== undefined)) {
        throw toUpstreamError({ ...answer, body: parsed });
      }
      if (!isJsonObject(parsed)) throw new UpstreamError('malformed', { upstreamStatus: statusCode });
      this.journal.record({ operation, model, statusCode, startedAt });
      return { body: answer.body, parsed };
    } catch (error) {
      this.journal.record({ operation, model, statusCode, startedAt, error });
      throw error;
    }
  }

  close(): void {
    this.httpAgent.destroy();
    this.httpsAgent.destroy();
  }

  private async send({ url, method, params, data, timeoutMs, signal }: JsonCall): Promise<RawAnswer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await this.client.request<Buffer>({
        url,
        method,
        params,
        data,
        headers: data === undefined ? {} : { 'content-type': 'application/json' },
        signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
      });
      const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
      return { status: answer.status, headers: Object.fromEntries(headers), body: answer.data };
    } catch (error) {
      if (signal?.aborted) throw new ClientGoneError();
      // The cause's message only: axios' error carries the request, and with it our key.
      const cause = new Error(error instanceof Error ? error.message : String(error));
      if (timeout.aborted) throw new UpstreamError('timed_out', { cause });
      throw new UpstreamError(kinds[isAxiosError(error) ? (error.code ?? '') : ''] ?? 'unreachable', {
        cause,
      });
    }
  }
}
