import { type Server, type Socket, createServer } from 'node:net';

import { ClientConnection } from './client-connection.js';
import { Listeners } from './listeners.js';
import { errorResponse } from './replies.js';
import { type ProtocolEngine, SharedSession } from './shared-session.js';
import { TurnQueue } from './turn-queue.js';

export interface MultiplexerOptions {
  readonly engine: ProtocolEngine;
  /** ParameterStatus values for clients, e.g. `server_version`. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  readonly maxConnections?: number;
  /** Milliseconds a client may idle in a transaction while others wait. */
  readonly idleInTransactionMs?: number;
  /** The database failed in a way that only a restart heals. */
  readonly onBroken: (error: unknown) => void;
}

export interface Multiplexer {
  readonly port: number;
  /** Ends all connections after the turn that runs now. */
  close(): Promise<void>;
}

/**
 * Many PostgreSQL clients in front of a database that has one session. Each gets turns of whole protocol units; see
 * SessionSettings for what cannot be kept apart. Listens when the promise resolves; rejects when the port is taken.
 */
export async function startMultiplexer(options: MultiplexerOptions): Promise<Multiplexer> {
  const { engine, parameters, host = '127.0.0.1', port = 0, maxConnections = 100 } = options;
  const listeners = new Listeners();
  const session = new SharedSession(engine, (channel, bytes) => listeners.deliver(channel, bytes));
  const queue = new TurnQueue<ClientConnection>({
    idleLimitMs: options.idleInTransactionMs ?? 5_000,
    onIdleTooLong: (holder) =>
      holder.kill('25P03', 'idle in a transaction while other connections wait for the embedded database'),
    onError: options.onBroken,
  });
  const sockets = new Set<Socket>();
  let connections = 0;

  const server = createServer({ noDelay: true }, (socket) => {
    if (sockets.size >= maxConnections) {
      socket.on('error', () => socket.destroy());
      socket.end(errorResponse('FATAL', '53300', 'too many connections for the embedded database'));
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const connection = new ClientConnection(++connections, socket, { session, listeners, queue, parameters });
    connection.open();
  });
  return {
    port: await listen(server, port, host),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      await queue.idle();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
