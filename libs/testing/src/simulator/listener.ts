import { once } from 'node:events';
import type { Server } from 'node:http';

/** A server's door: can be shut and opened again on the same port, which is how a dead upstream looks. */
export class Listener {
  private port = 0;
  private reopening: NodeJS.Timeout | undefined;

  constructor(private readonly server: Server) {
    // Clients keep idle connections; one that we close first can break a test that never asked for a fault.
    server.keepAliveTimeout = 120_000;
    server.requestTimeout = 0;
    // A connection that was busy when the door was shut must not bring in a next request.
    server.on('request', (request, response) => {
      response.once('finish', () => {
        if (!server.listening) request.socket.end();
      });
    });
  }

  /** Listens on 127.0.0.1; 0 takes a free port, later calls the one taken then. Does nothing when open already. */
  async open(port: number): Promise<number> {
    if (this.server.listening) return this.port;
    this.server.listen({ port: this.port || port, host: '127.0.0.1', backlog: 2048 });
    await once(this.server, 'listening');
    const address = this.server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
    return this.port;
  }

  /** New connections are refused, idle ones closed; busy ones finish what they do. */
  refuse(): void {
    this.server.close();
  }

  /** Refuses for some milliseconds, then listens again: for callers who can reach us by this door only. */
  refuseFor(ms: number): void {
    this.refuse();
    clearTimeout(this.reopening);
    this.reopening = setTimeout(() => void this.open(0), ms);
  }

  /** Refuses, and breaks off what is still going on. */
  async close(): Promise<void> {
    clearTimeout(this.reopening);
    const closed = this.server.listening ? once(this.server, 'close') : undefined;
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
