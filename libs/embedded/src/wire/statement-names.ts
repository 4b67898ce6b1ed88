import { type WireMessage, bodyOf, frame, readCString } from './message.js';

/**
 * Gives each connection its own names for prepared statements. They live in the one session that all connections share,
 * where a second `Parse "s1"` would be an error. Portals keep their names: they end with their transaction, and a
 * transaction never shares the session.
 */
export class StatementNames {
  private readonly aliases = new Map<string, string>();

  constructor(private readonly connectionId: number) {}

  /** The message with the statement's name replaced; every other message as it is. The unnamed statement stays unnamed. */
  translate(message: WireMessage): Buffer {
    const body = bodyOf(message);
    switch (message.type) {
      case 'P':
        return this.replaceAt(message, body, 0);
      case 'B':
        return this.replaceAt(message, body, readCString(body, 0).next);
      case 'D':
      case 'C':
        return body[0] === 'S'.charCodeAt(0) ? this.replaceAt(message, body, 1) : message.bytes;
      default:
        return message.bytes;
    }
  }

  /** Close messages for every statement this connection made; then it has none. */
  closeAll(): Buffer[] {
    const closes = [...this.aliases.values()].map((alias) => frame('C', Buffer.from(`S${alias}\0`)));
    this.aliases.clear();
    return closes;
  }

  private replaceAt(message: WireMessage, body: Buffer, offset: number): Buffer {
    const name = readCString(body, offset);
    if (name.text === '') return message.bytes;
    const alias = Buffer.from(`${this.aliasOf(name.text)}\0`);
    return frame(message.type, body.subarray(0, offset), alias, body.subarray(name.next));
  }

  /** Short aliases, because names over 63 bytes are cut: a prefix could make two long names one. */
  private aliasOf(name: string): string {
    const known = this.aliases.get(name);
    if (known) return known;
    const alias = `c${this.connectionId}_${this.aliases.size + 1}`;
    this.aliases.set(name, alias);
    return alias;
  }
}
