import { cstring, frame } from './message.js';

/** What ReadyForQuery says: idle, in a transaction, in a failed transaction. */
export type TransactionState = 'I' | 'T' | 'E';

/** An ErrorResponse. FATAL tells the client that the connection is over. */
export function errorResponse(severity: 'ERROR' | 'FATAL', sqlState: string, message: string): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${sqlState}`, `M${message}`].map(cstring);
  return frame('E', ...fields, Buffer.from([0]));
}

export function readyForQuery(state: TransactionState): Buffer {
  return frame('Z', Buffer.from(state));
}

/** Tells the client to send its rows. Column formats are left out: text or binary is said for the whole. */
export function copyInResponse(format: 'text' | 'binary'): Buffer {
  return frame('G', Buffer.from([format === 'binary' ? 1 : 0, 0, 0]));
}

/** The answer to a start-up packet that was accepted: no password, the server's parameters, ready. */
export function welcome(parameters: ReadonlyMap<string, string>, connectionId: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeInt32BE(connectionId, 0);
  return Buffer.concat([
    frame('R', Buffer.alloc(4)),
    ...[...parameters].map(([name, value]) => frame('S', cstring(name), cstring(value))),
    frame('K', key),
    readyForQuery('I'),
  ]);
}
