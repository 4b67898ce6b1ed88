import { MessageReader, type WireMessage, bodyOf, cstring, frame, readCString } from './message.js';
import type { TransactionState } from './replies.js';

/** The database, as the session needs it: runs messages to their end and hands out what it answers, in any chunks. */
export interface ProtocolEngine {
  exec(messages: Buffer, onData: (chunk: Uint8Array) => void): Promise<void>;
}

/** What came back for one batch of messages. */
export interface Outcome {
  /** Undefined when the batch did not reach ReadyForQuery. */
  readonly state: TransactionState | undefined;
  readonly firstError: Buffer | undefined;
}

/** The database left a request without its ReadyForQuery: nothing it says can be trusted any more. */
export class SessionBroken extends Error {}

/** The one session of the database: runs batches, takes notifications out of the answers, keeps the settings right. */
export class SharedSession {
  /** What the session was last set to. */
  private current: string | undefined;
  /** Who changed settings since: they are right for it and wrong for everybody else. */
  private changedBy: object | undefined;

  constructor(
    private readonly engine: ProtocolEngine,
    private readonly onNotification: (channel: string, bytes: Buffer) => void,
  ) {}

  /** Runs messages; `onMessage` gets every answer but notifications. Rejects when the engine throws. */
  async run(messages: readonly Buffer[], onMessage: (message: WireMessage) => void): Promise<Outcome> {
    const reader = new MessageReader();
    let state: TransactionState | undefined;
    let firstError: Buffer | undefined;
    await this.engine.exec(Buffer.concat(messages), (chunk) => {
      // The chunk is a view into the database's memory, which the next message overwrites: copy it.
      reader.push(Buffer.from(chunk));
      for (let message = reader.next(); message; message = reader.next()) {
        if (message.type === 'A') {
          this.onNotification(readCString(bodyOf(message), 4).text, message.bytes);
          continue;
        }
        if (message.type === 'Z') state = transactionState(bodyOf(message));
        if (message.type === 'E') firstError ??= message.bytes;
        onMessage(message);
      }
    });
    return { state, firstError };
  }

  /** Runs statements as one request. Resolves to the first ErrorResponse, or undefined when all went well. */
  async runSql(statements: readonly string[]): Promise<Buffer | undefined> {
    const outcome = await this.run([frame('Q', cstring(statements.join(';')))], () => {});
    if (!outcome.state) throw new SessionBroken('the database did not finish a request');
    return outcome.firstError;
  }

  /** Makes the session what `statements` say, for `owner`; free when it is that already. Not for use in a transaction. */
  async adopt(owner: object, statements: readonly string[]): Promise<Buffer | undefined> {
    const wanted = statements.join(';');
    if (this.changedBy ? this.changedBy === owner : wanted === this.current) return undefined;
    this.current = undefined;
    this.changedBy = undefined;
    const error = await this.runSql(statements);
    if (!error) this.current = wanted;
    return error;
  }

  /** Notes that `owner` may have changed settings, so that the next other connection gets a fresh session. */
  changed(owner: object): void {
    this.changedBy = owner;
  }

  /** Ends whatever transaction an internal failure left open. */
  async recover(): Promise<void> {
    this.current = undefined;
    this.changedBy = undefined;
    await this.runSql(['rollback']);
  }
}

function transactionState(body: Buffer): TransactionState {
  const state = body.toString('latin1', 0, 1);
  return state === 'T' || state === 'E' ? state : 'I';
}
