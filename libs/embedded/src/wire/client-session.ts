import { type WireMessage, frame, cstring } from './message.js';
import type { Listeners } from './listeners.js';
import { type TransactionState, errorResponse, readyForQuery } from './replies.js';
import type { SessionSettings } from './session-settings.js';
import type { SharedSession } from './shared-session.js';
import type { StatementNames } from './statement-names.js';
import type { StatementTraits } from './statement.js';
import type { Unit } from './unit-collector.js';

/** Where a client's answers go. */
export interface ClientOutput {
  write(bytes: Buffer): void;
  /** Writes a last message and closes the connection. */
  end(bytes: Buffer): void;
}

/** One connection's share of the session: what it holds, what it listens to, and how its units are run. */
export class ClientSession {
  private state: TransactionState = 'I';
  /** A Flush was answered and its Sync has not come yet. */
  private open = false;
  private unnamedParse: Buffer | undefined;
  private ended = false;
  private unlistened = false;

  constructor(
    private readonly session: SharedSession,
    private readonly settings: SessionSettings,
    private readonly names: StatementNames,
    private readonly listeners: Listeners,
    private readonly output: ClientOutput,
  ) {}

  /** Must the next turn be this connection's? */
  get holds(): boolean {
    return this.open || this.state !== 'I';
  }

  /** Sets the session up. Resolves false, with the client told, when its role or settings are refused. */
  async begin(): Promise<boolean> {
    if (this.ended) return false;
    const refusal = this.holds ? undefined : await this.session.adopt(this, this.settings.statements());
    if (refusal) this.output.end(refusal);
    return !refusal;
  }

  /** Runs one unit and writes its answers. An internal failure of the database is answered as an error. */
  async runUnit(unit: Unit): Promise<void> {
    if (!(await this.begin())) return;
    try {
      await this.restoreUnnamed(unit);
      const outcome = await this.session.run(unit.messages, this.writer(unit));
      if (unit.complete && !outcome.state) throw new Error('the request was not finished');
      this.takeNote(unit, outcome.firstError !== undefined);
      this.state = outcome.state ?? this.state;
      this.open = !unit.complete;
      await this.listenAgain();
    } catch (error) {
      await this.failed(unit, error);
    }
  }

  /** Gives back everything the connection held: its transaction, its statements, its channels. */
  async leave(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.listeners.removeAll(this.output);
    const rollback = this.state === 'I' ? [] : [frame('Q', cstring('rollback'))];
    const sync = frame('S');
    const messages = [...(this.open ? [sync] : []), ...rollback, ...this.names.closeAll(), sync];
    this.open = false;
    this.state = 'I';
    await this.session.run(messages, () => {});
  }

  /** Another connection may have replaced the unnamed statement since: parse it again, unseen by the client. */
  private async restoreUnnamed(unit: Unit): Promise<void> {
    if (unit.usesEarlierUnnamed && this.unnamedParse && !this.holds) {
      await this.session.run([this.unnamedParse], ({ type, bytes }) => {
        if (type !== '1') this.output.write(bytes);
      });
    }
    this.unnamedParse = unit.unnamedParse ?? this.unnamedParse;
  }

  private writer(unit: Unit): (message: WireMessage) => void {
    let skipCopyIn = unit.copyIn;
    return ({ type, bytes }) => {
      if (type === 'G' && skipCopyIn) skipCopyIn = false;
      else this.output.write(bytes);
    };
  }

  private takeNote(unit: Unit, failed: boolean): void {
    for (const traits of unit.traits) {
      if (traits.changesSession) this.session.changed(this);
      if (failed) continue;
      if (this.state === 'I') this.settings.note(traits);
      this.noteChannels(traits);
    }
  }

  private noteChannels({ listen, unlisten }: StatementTraits): void {
    if (listen) this.listeners.add(listen, this.output);
    if (!unlisten) return;
    this.unlistened = true;
    if (unlisten === '*') this.listeners.removeAll(this.output);
    else this.listeners.remove(unlisten, this.output);
  }

  /** An UNLISTEN went through for the whole session: take the channels of the others back. */
  private async listenAgain(): Promise<void> {
    if (!this.unlistened || this.holds) return;
    this.unlistened = false;
    await this.session.runSql(this.listeners.statements());
  }

  private async failed(unit: Unit, error: unknown): Promise<void> {
    await this.session.recover();
    this.state = 'I';
    this.open = !unit.complete;
    const reason = error instanceof Error ? error.message : String(error);
    this.output.write(errorResponse('ERROR', 'XX000', `the embedded database failed: ${reason}`));
    if (unit.complete) this.output.write(readyForQuery('I'));
  }
}
