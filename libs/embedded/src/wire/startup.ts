import { ProtocolViolation, readCString } from './message.js';

/** What a client's first packet asks for. */
export type StartupRequest =
  | { readonly kind: 'encryption' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'start'; readonly user: string; readonly settings: ReadonlyMap<string, string> };

const CANCEL = 80877102;
const SSL = 80877103;
const GSS = 80877104;
const PROTOCOL_MAJOR = 3;
/** Parameters that name the session rather than set something in it. */
const NOT_SETTINGS = new Set(['user', 'database', 'options', 'replication', 'application_name']);

/** Reads a packet as MessageReader.nextStartup gives it. Throws ProtocolViolation for another protocol version. */
export function parseStartup(packet: Buffer): StartupRequest {
  if (packet.length < 4) throw new ProtocolViolation('incomplete startup packet');
  const code = packet.readInt32BE(0);
  if (code === SSL || code === GSS) return { kind: 'encryption' };
  if (code === CANCEL) return { kind: 'cancel' };
  if (code >>> 16 !== PROTOCOL_MAJOR)
    throw new ProtocolViolation(`unsupported frontend protocol ${code >>> 16}`);

  const parameters = new Map<string, string>();
  for (let at = 4; at < packet.length && packet[at] !== 0;) {
    const name = readCString(packet, at);
    const value = readCString(packet, name.next);
    parameters.set(name.text, value.text);
    at = value.next;
  }
  const settings = new Map(
    [...parameters].filter(([name]) => !NOT_SETTINGS.has(name) && !name.startsWith('_pq_.')),
  );
  for (const [name, value] of parseOptions(parameters.get('options') ?? '')) settings.set(name, value);
  return { kind: 'start', user: parameters.get('user') ?? 'postgres', settings };
}

/** Settings in a connection's `options`: `-c name=value`, `-cname=value`, `--name=value`; a backslash escapes. */
export function parseOptions(options: string): [string, string][] {
  const found = options.matchAll(/(?:^|\s)(?:-c\s*|--)([\w.-]+)=((?:\\.|[^\s\\])*)/g);
  return [...found].map(([, name = '', value = '']) => [
    name.replaceAll('-', '_'),
    value.replace(/\\(.)/g, '$1'),
  ]);
}
