// What a key of ours or of the upstream looks like; the public id of ours stays readable, it names the key in logs.
const ourKey = /(ctx_[0-9a-f]{16})_[0-9A-Za-z]+/g;
const upstreamKey = /\bsk-[A-Za-z0-9_-]{8,}/g;
const urlPassword = /((?:postgres|postgresql|redis|rediss):\/\/[^:/@\s"]*):[^@\s"]+@/g;

/**
 * Takes secrets out of a finished log line, wherever in it they stand (a message, a stack, an upstream's error text). The
 * last line of defence: nothing is meant to log them in the first place.
 */
export function redactSecrets(line: string): string {
  return line
    .replace(ourKey, '$1_[redacted]')
    .replace(upstreamKey, '[redacted]')
    .replace(urlPassword, '$1:[redacted]@');
}

/** Fields whose values never reach a log, by the names people give them. */
export const secretFields = [
  'authorization',
  'api_key',
  'apiKey',
  'key',
  'password',
  'token',
  'secret',
  'cookie',
].flatMap((name) => [name, `*.${name}`]);
