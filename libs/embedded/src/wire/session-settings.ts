import type { StatementTraits } from './statement.js';

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * The session as one connection expects it: its role, the settings of its start-up packet, and the SETs it made since.
 * All connections share one session, so it is rebuilt whenever a connection with another expectation has its turn.
 *
 * Known limits: a set_config() for the session and a SET hidden behind another statement are undone for others but not
 * given back to their own connection; so are SETs inside a transaction. Temporary tables and session advisory locks are
 * shared by all.
 */
export class SessionSettings {
  private replays: string[] = [];

  constructor(
    private readonly user: string,
    private readonly startup: ReadonlyMap<string, string>,
  ) {}

  /** Takes note of a statement that was run outside a transaction. */
  note(traits: StatementTraits): void {
    if (!traits.replay) return;
    if (traits.unlisten === '*') this.replays = [];
    else if (!this.replays.includes(traits.replay)) this.replays.push(traits.replay);
  }

  /** Statements that turn any session into this one; two connections with equal statements can share it as it is. */
  statements(): string[] {
    // RESET SESSION AUTHORIZATION does nothing in a single-user server: the owner has to be named.
    const cleared = ['set session authorization postgres', 'reset role', 'reset all'];
    const settings = [...this.startup].map(
      ([name, value]) => `select set_config(${quote(name)}, ${quote(value)}, false)`,
    );
    const role = this.user === 'postgres' ? [] : [`set session authorization ${quote(this.user)}`];
    return [...cleared, ...settings, ...role, ...this.replays];
  }
}
