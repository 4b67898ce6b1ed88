import { type WireMessage, ProtocolViolation, bodyOf, readCString } from './message.js';
import { type StatementTraits, inspectStatement } from './statement.js';

/** Messages that must reach the server in one turn, because they lean on each other. */
export interface Unit {
  readonly messages: readonly Buffer[];
  /** False after a Flush: the client goes on with the same unit, so that nobody else may come between. */
  readonly complete: boolean;
  readonly traits: readonly StatementTraits[];
  /** A COPY FROM STDIN whose CopyInResponse the client already has. */
  readonly copyIn: boolean;
  /** It binds or describes the unnamed statement of an earlier unit. */
  readonly usesEarlierUnnamed: boolean;
  /** The last Parse of the unnamed statement in it. */
  readonly unnamedParse?: Buffer;
}

/** A unit to run, rows to ask the client for (their unit follows later), or the client's good-bye. */
export type Collected =
  | { readonly kind: 'unit'; readonly unit: Unit }
  | { readonly kind: 'copy-in'; readonly format: 'text' | 'binary' }
  | { readonly kind: 'terminate' };

/** Groups one connection's messages into units. `translate` gives the bytes that the server gets for a message. */
export class UnitCollector {
  private messages: Buffer[] = [];
  private traits: StatementTraits[] = [];
  private copying = false;
  private usesEarlierUnnamed = false;
  private unnamedParse: Buffer | undefined;

  constructor(private readonly translate: (message: WireMessage) => Buffer) {}

  /** Undefined while a unit is still growing. Throws ProtocolViolation for a message that may not come here. */
  push(message: WireMessage): Collected | undefined {
    return this.copying ? this.pushCopyPart(message) : this.pushRequest(message);
  }

  private pushRequest(message: WireMessage): Collected | undefined {
    switch (message.type) {
      case 'Q':
        return this.pushQuery(message);
      case 'P':
      case 'B':
      case 'D':
      case 'C':
      case 'E':
        this.pushExtended(message);
        return undefined;
      case 'H':
      case 'S':
      case 'F':
        this.messages.push(message.bytes);
        return { kind: 'unit', unit: this.finish(message.type !== 'H', false) };
      case 'X':
        return { kind: 'terminate' };
      // The rest of a COPY that the server already refused: PostgreSQL drops these too.
      case 'd':
      case 'c':
      case 'f':
        return undefined;
      default:
        throw new ProtocolViolation(`invalid frontend message type ${message.type.charCodeAt(0)}`);
    }
  }

  private pushQuery(message: WireMessage): Collected | undefined {
    const traits = inspectStatement(readCString(bodyOf(message), 0).text);
    this.messages.push(message.bytes);
    this.traits.push(traits);
    if (!traits.copyIn) return { kind: 'unit', unit: this.finish(true, false) };
    this.copying = true;
    return { kind: 'copy-in', format: traits.copyIn };
  }

  private pushCopyPart(message: WireMessage): Collected | undefined {
    if (message.type === 'S' || message.type === 'H') return undefined;
    if (message.type === 'X') return { kind: 'terminate' };
    if (!'dcf'.includes(message.type))
      throw new ProtocolViolation('unexpected message during COPY from stdin');
    this.messages.push(message.bytes);
    if (message.type === 'd') return undefined;
    this.copying = false;
    return { kind: 'unit', unit: this.finish(true, true) };
  }

  private pushExtended(message: WireMessage): void {
    const translated = this.translate(message);
    this.messages.push(translated);
    const body = bodyOf(message);
    if (message.type === 'P') {
      const name = readCString(body, 0);
      this.traits.push(inspectStatement(readCString(body, name.next).text));
      if (name.text === '') this.unnamedParse = translated;
    } else if (!this.unnamedParse && usesUnnamed(message.type, body)) {
      this.usesEarlierUnnamed = true;
    }
  }

  private finish(complete: boolean, copyIn: boolean): Unit {
    const { messages, traits, usesEarlierUnnamed, unnamedParse } = this;
    this.messages = [];
    this.traits = [];
    this.usesEarlierUnnamed = false;
    this.unnamedParse = undefined;
    return { messages, complete, traits, copyIn, usesEarlierUnnamed, unnamedParse };
  }
}

function usesUnnamed(type: string, body: Buffer): boolean {
  if (type === 'B') return readCString(body, readCString(body, 0).next).text === '';
  return type === 'D' && body[0] === 'S'.charCodeAt(0) && readCString(body, 1).text === '';
}
