import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A call as it came over the wire. */
interface ReceivedCall {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** An upstream that keeps the bytes it is sent and answers with bytes it is told, for what no client library would show. */
export interface ScriptedUpstream {
  url: string;
  /** The newest is the last. */
  calls: ReceivedCall[];
  /** How the next calls are answered. */
  answer: (response: ServerResponse) => unknown;
  close(): Promise<void>;
}

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      // Lists of models and the like are no part of a script.
      if (request.method !== 'POST') return response.writeHead(503).end();
      upstream.calls.push({ path: request.url ?? '', headers: request.headers, body });
      return upstream.answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const upstream: ScriptedUpstream = {
    url: `http://127.0.0.1:${port}/api/v1`,
    calls: [],
    answer: (response) => response.writeHead(503).end(),
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return upstream;
}

/** Answers with this JSON text, byte for byte. */
export const json =
  (text: string, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse): unknown =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);

/** Answers with this stream, byte for byte. */
export const sse =
  (text: string) =>
  (response: ServerResponse): unknown =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);

const head = '"id":"gen-1","object":"chat.completion.chunk","created":1,"model":"sim/fast"';
/** One event of a chat stream, spaced as nobody's serialiser would. */
export const chunk = (delta: string, finish = 'null'): string =>
  `data: {${head} ,"choices":[{"index":0, "delta":${delta},"finish_reason":${finish}}]}\n\n`;
export const usageChunk = `data: {${head},"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"cost":0.10}}\n\n`;
export const done = 'data: [DONE]\n\n';
