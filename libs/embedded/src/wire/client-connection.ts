import type { Socket } from 'node:net';

import { ClientSession } from './client-session.js';
import type { Listeners } from './listeners.js';
import { MessageReader, ProtocolViolation } from './message.js';
import { copyInResponse, errorResponse, welcome } from './replies.js';
import { SessionSettings } from './session-settings.js';
import type { SharedSession } from './shared-session.js';
import { parseStartup } from './startup.js';
import { StatementNames } from './statement-names.js';
import type { TurnQueue } from './turn-queue.js';
import { type Collected, UnitCollector } from './unit-collector.js';

/** What all connections of one multiplexer share. */
export interface ConnectionContext {
  readonly session: SharedSession;
  readonly listeners: Listeners;
  readonly queue: TurnQueue<ClientConnection>;
  /** ParameterStatus values of a session that nobody changed. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** One client socket: reads its messages, queues their units, writes the answers. */
export class ClientConnection {
  private readonly reader = new MessageReader();
  private readonly names: StatementNames;
  private readonly collector: UnitCollector;
  /** Undefined until the start-up packet is in. */
  private client: ClientSession | undefined;

  constructor(
    private readonly id: number,
    private readonly socket: Socket,
    private readonly context: ConnectionContext,
  ) {
    this.names = new StatementNames(id);
    this.collector = new UnitCollector((message) => this.names.translate(message));
  }

  /** Starts to read. */
  open(): void {
    this.socket.on('data', (chunk) => this.receive(chunk));
    // A reset is a close like any other; without a listener it would end the process.
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('close', () => this.leave());
  }

  /** Ends the connection with a last word to the client. */
  kill(sqlState: string, reason: string): void {
    this.end(errorResponse('FATAL', sqlState, reason));
  }

  write(bytes: Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  end(bytes: Buffer): void {
    if (this.socket.writable) this.socket.end(bytes);
    // The client may never close its side: the session must not wait for that.
    this.socket.destroySoon();
  }

  private receive(chunk: Buffer): void {
    try {
      this.reader.push(chunk);
      while (!this.client) {
        const packet = this.reader.nextStartup();
        if (!packet) return;
        if (!this.start(packet)) return;
      }
      for (let message = this.reader.next(); message; message = this.reader.next()) {
        const collected = this.collector.push(message);
        if (collected) this.handle(this.client, collected);
      }
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.kill('08P01', error.message);
    }
  }

  /** False when there is nothing more to read from this client. */
  private start(packet: Buffer): boolean {
    const request = parseStartup(packet);
    if (request.kind === 'encryption') {
      this.write(Buffer.from('N'));
      return true;
    }
    if (request.kind === 'cancel') {
      // A query runs inside this very process: by the time this is read, it is over.
      this.socket.end();
      return false;
    }
    const { session, listeners, parameters } = this.context;
    const settings = new SessionSettings(request.user, request.settings);
    const client = new ClientSession(session, settings, this.names, listeners, this);
    this.client = client;
    this.enqueue(client, async () => {
      if (await client.begin()) this.write(welcome(withSettings(parameters, request.settings), this.id));
    });
    return true;
  }

  private handle(client: ClientSession, collected: Collected): void {
    switch (collected.kind) {
      case 'unit':
        return this.enqueue(client, () => client.runUnit(collected.unit));
      case 'copy-in':
        // Through the queue as well: the answers to earlier units come first.
        return this.enqueue(client, async () => this.write(copyInResponse(collected.format)));
      case 'terminate':
        this.leave();
        this.socket.end();
    }
  }

  /** Queued behind the units already sent: what a client asked for before it went is still done, as PostgreSQL does. */
  private leave(): void {
    const { client } = this;
    if (client) this.enqueue(client, () => client.leave());
  }

  private enqueue(client: ClientSession, work: () => Promise<void>): void {
    const run = async (): Promise<boolean> => {
      this.socket.cork();
      await work().finally(() => this.socket.uncork());
      return client.holds;
    };
    this.context.queue.enqueue({ key: this, run });
  }
}

/** What the client is told its settings are: its own values under the server's spelling of the names. */
function withSettings(parameters: ReadonlyMap<string, string>, settings: ReadonlyMap<string, string>) {
  const own = new Map([...settings].map(([name, value]) => [name.toLowerCase(), value]));
  return new Map([...parameters].map(([name, value]) => [name, own.get(name.toLowerCase()) ?? value]));
}
