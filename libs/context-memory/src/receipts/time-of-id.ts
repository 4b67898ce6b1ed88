import { parse, version } from 'uuid';

/** The millisecond a UUIDv7 was made in (RFC 9562: its first 48 bits); undefined for other versions. */
export function timeOfId(id: string): number | undefined {
  if (version(id) !== 7) return undefined;
  return Buffer.from(parse(id)).readUIntBE(0, 6);
}
