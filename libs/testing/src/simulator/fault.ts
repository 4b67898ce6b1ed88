import type { ErrorDetails } from './openrouter.error.js';

/** The parts of the API that a fault can be aimed at. */
export type Endpoint = 'chat' | 'embeddings' | 'models' | 'embedding_models' | 'generation' | 'key';

/** Which calls a fault strikes. Everything that is given must match. */
export interface FaultScope {
  /** The model that would serve: with `models[]`, each candidate is looked at in turn. */
  model?: string;
  /** The `user` field of the body. */
  user?: string;
  /** A request header; without a value its presence is enough. */
  header?: { name: string; value?: string };
  /** Only `chat` unless said otherwise, so that a health check cannot use up a fault meant for a completion. */
  endpoint?: Endpoint | 'any';
  /** How many calls it strikes; without it, every one until the faults are changed. */
  times?: number;
}

/**
 * One way to misbehave. The switches combine: `{crlf: true, one_byte_chunks: true, delay_chunk_ms: 5}`.
 * The same shape is used by `simulator.faults` and `POST /__control/faults`.
 */
export interface Fault extends FaultScope {
  /** Refuse with this HTTP status (`code`), before anything is generated. With `models[]` the next one is tried. */
  error?: ErrorDetails;
  /** HTTP 200 with `{error}` as the whole body (a stream: as its only event). */
  error_in_body?: ErrorDetails;
  /** HTTP 200 with `choices[0].error` and finish_reason `error` (a stream: in the last chunk). */
  error_in_choice?: ErrorDetails;
  /** HTTP 200, then after `after_chunks` chunks OpenRouter's error event, and the end without usage or `[DONE]`. */
  error_in_stream?: ErrorDetails;
  /** Wait this long before the status line. */
  delay_headers_ms?: number;
  /** Wait this long between the headers and the first byte of the body. */
  delay_body_ms?: number;
  /** Wait this long before each chunk of a stream but the first. */
  delay_chunk_ms?: number;
  /** While waiting or hanging after the headers of a stream, write a keep-alive comment this often. */
  comment_every_ms?: number;
  /** Say nothing more, for ever, and leave the connection open. */
  hang?: 'before_headers' | 'mid_stream';
  /** Say nothing until the faults are set anew or cleared, then go on: a test decides when, not a clock. Chat only. */
  hold?: boolean;
  /** Destroy the socket. */
  cut?: 'before_headers' | 'mid_stream';
  /** Where a stream is struck by `hang`, `cut` or `error_in_stream`: after this many data events. Default 3. */
  after_chunks?: number;
  /** Replace the body: text that is no JSON, JSON that stops half-way, or nothing at all. */
  body?: 'garbage' | 'truncated' | 'none';
  /** A good reply of zero tokens: with finish_reason null (`blank`, then not billed) or `stop`. */
  empty_completion?: 'blank' | 'stop';
  /** Each byte in a write of its own. */
  one_byte_chunks?: boolean;
  /** CR LF at the line ends of a stream. */
  crlf?: boolean;
  /**
   * No usage at all; in the last content chunk; on every chunk (running totals from 0, true in the last); or all counts 0
   * and nothing billed, as an answer from OpenRouter's response cache has it.
   */
  usage?: 'none' | 'in_content_chunk' | 'every_chunk' | 'zero';
  /** Sent instead of `application/json` or `text/event-stream`. */
  content_type?: string;
}
