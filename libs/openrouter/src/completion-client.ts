import { Agent, type Dispatcher } from 'undici';
import { CallDeadlines, type CallTimeouts } from './call-deadlines.js';
import { ClientGoneError, UpstreamError } from './openrouter.errors.js';
import { UpstreamResponse, type UpstreamHeaders } from './upstream-response.js';

/** Where the upstream is, and what it is told with every call. */
export interface CompletionClientOptions {
  /** E.g. `https://openrouter.ai/api/v1`. */
  baseUrl: string;
  /** Sent with every call. */
  headers: Readonly<Record<string, string>>;
  connectTimeoutMs: number;
}

/** One POST whose answer is read as it comes. */
export interface UpstreamCall {
  /** Below the base URL, e.g. `/chat/completions`. */
  path: string;
  /** JSON; sent as it is, without a copy. */
  body: Buffer | string;
  /** Aborting destroys the connection at once, also before the first byte. */
  signal: AbortSignal;
  timeouts: CallTimeouts;
}

/** A socket kept longer than a provider keeps its end is a call lost to a race; one that says how long is believed. */
const keepAliveMs = 15_000;

/**
 * The client of the completion path: undici's dispatcher, because the HTTP client is the largest cost of a call that is our
 * own (docs/adr/0003-two-outbound-clients.md). One HTTP/1.1 connection a call, so that an abort ends that call and no other.
 */
export class CompletionClient {
  private readonly agent: Agent;
  private readonly origin: string;
  private readonly basePath: string;
  private readonly headers: Record<string, string>;

  constructor(options: CompletionClientOptions) {
    const base = new URL(options.baseUrl);
    this.origin = base.origin;
    this.basePath = base.pathname.replace(/\/+$/, '');
    this.headers = { 'content-type': 'application/json', ...options.headers };
    this.agent = new Agent({
      connect: { timeout: options.connectTimeoutMs },
      keepAliveTimeout: keepAliveMs,
      allowH2: false,
      // Ours are per call, exact, and know a real chunk from a comment.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Sends one call; resolves when the answer's headers are here, whatever their status.
   * @throws UpstreamError `unreachable`, `timed_out` or `server`; ClientGoneError when the signal aborted.
   */
  open(call: UpstreamCall): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      const handler = new CallHandler(call, resolve, reject);
      if (call.signal.aborted) return handler.fail(new ClientGoneError());
      const { origin, headers } = this;
      this.agent.dispatch(
        { origin, path: this.basePath + call.path, method: 'POST', headers, body: call.body },
        handler,
      );
    });
  }

  /** Ends idle connections, and calls that are still running. */
  close(): Promise<void> {
    return this.agent.destroy();
  }
}

/** Carries one call from undici's callbacks to a promise and a response, and ends it early when it must. */
class CallHandler implements Dispatcher.DispatchHandler {
  private readonly deadlines: CallDeadlines;
  private readonly onAbort = (): void => this.fail(new ClientGoneError());
  private controller: Dispatcher.DispatchController | undefined;
  private response: UpstreamResponse | undefined;
  private failure: Error | undefined;

  constructor(
    private readonly call: UpstreamCall,
    private readonly resolve: (response: UpstreamResponse) => void,
    private readonly reject: (error: Error) => void,
  ) {
    this.deadlines = new CallDeadlines(call.timeouts, () => this.fail(new UpstreamError('timed_out')));
    call.signal.addEventListener('abort', this.onAbort, { once: true });
  }

  /** Ends the call with our reason: the socket is destroyed, or never used if it is still being opened. */
  fail(error: Error): void {
    this.settle(error);
    this.controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.failure !== undefined) controller.abort(this.failure);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (status < 200) return;
    this.response = new UpstreamResponse(status, headers, controller, this.deadlines);
    this.resolve(this.response);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.response?.receive(chunk);
  }

  onResponseEnd(): void {
    this.settle();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.settle(connectionError(error, this.response !== undefined));
  }

  /** The first end of a call is the one that counts; what undici says after an abort is only its echo. */
  private settle(failure?: Error): void {
    if (this.failure !== undefined) return;
    this.failure = failure;
    this.deadlines.stop();
    this.call.signal.removeEventListener('abort', this.onAbort);
    if (this.response !== undefined) this.response.finish(failure);
    else if (failure !== undefined) this.reject(failure);
  }
}

const notConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function connectionError(error: Error, hasAnswer: boolean): Error {
  if (error instanceof UpstreamError || error instanceof ClientGoneError) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (notConnected.has(code)) return new UpstreamError('unreachable', { cause: error });
  if (code.startsWith('HPE_')) return new UpstreamError('malformed', { cause: error });
  return new UpstreamError(hasAnswer ? 'cut_short' : 'server', { cause: error });
}
