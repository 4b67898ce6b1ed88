import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

/** An answer as it goes over the wire, whatever HTTP may say of it. */
export interface RawAnswer {
  /** Status line and headers, with the blank line. */
  head: string;
  /** Each is written on its own. */
  pieces: readonly Buffer[];
  /** What becomes of the connection then. */
  ending: 'close' | 'reset' | 'stall';
}

const stallMs = 50;
/** Longer than any run: no connection is closed just as the gateway uses it again. */
const keepAliveMs = 600_000;

/** An upstream that answers the byte-true nonsense it is told to, and is the simulator otherwise. */
export interface RawUpstream {
  /** For OPENROUTER_BASE_URL. */
  readonly baseUrl: string;
  /** The model that is answered so from now on, for any of the endpoints; as often as it is asked for. */
  modelAnswering(answer: RawAnswer): string;
  /** Bytes of bodies that went to the sockets so far. */
  sentBytes(): number;
  close(): Promise<void>;
}

/** @param simulatorUrl where all other calls go; known only when the product runs */
export async function startRawUpstream(simulatorUrl: () => string): Promise<RawUpstream> {
  const answers: RawAnswer[] = [];
  let sentBytes = 0;
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const number = /"model":"mangled\/(\d+)"/.exec(body.toString('latin1'))?.[1];
    const answer = number === undefined ? undefined : answers[Number(number)];
    if (answer) await write(answer, request.socket, (bytes) => (sentBytes += bytes));
    else forward(simulatorUrl(), request, body, response);
  };
  server.keepAliveTimeout = keepAliveMs;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/api/v1`,
    modelAnswering: (answer) => `mangled/${answers.push(answer) - 1}`,
    sentBytes: () => sentBytes,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function write(
  { head, pieces, ending }: RawAnswer,
  socket: Socket,
  sent: (bytes: number) => void,
): Promise<void> {
  // The gateway may turn away from such an upstream at any byte.
  socket.on('error', () => undefined);
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  socket.write(head, 'latin1');
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (!socket.write(piece)) await once(socket, 'drain', { signal: gone.signal }).catch(() => undefined);
    sent(piece.length);
    await setImmediate();
  }
  if (ending === 'close') socket.end();
  else {
    // Silent for a moment, with the connection open.
    if (ending === 'stall') await sleep(stallMs);
    socket.resetAndDestroy();
  }
}

function forward(origin: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const { method, headers } = request;
  // Without an agent: a call lost to a connection that was just being closed would look like a finding.
  const onward = httpRequest(
    new URL(request.url ?? '/', origin),
    { agent: false, method, headers },
    (answer) => {
      const { connection: _, 'keep-alive': __, ...answered } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, answered);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  onward.end(body);
}
