// What a key of ours or of the upstream looks like; the public id of ours stays readable, it names the key in logs.
const ourKey = /(ctx_[0-9a-f]{16})_[0-9A-Za-z]+/g;
const upstreamKey = /\bsk-[A-Za-z0-9_-]{8,}/g;
const urlPassword = /((?:postgres|postgresql|redis|rediss):\/\/[^:/@\s"]*):[^@\s"]+@/g;
// By the names that people give them: strings, numbers and lists, at any depth of the line.
const secretNames = 'authorization|api_key|apiKey|key|password|token|secret|cookie';
const secretField = new RegExp(`"(${secretNames})":(?:"(?:[^"\\\\]|\\\\.)*"|\\[[^\\]]*\\]|[\\w.+-]+)`, 'g');

/** Cheap, and true for every line that one of the others would change: most lines are done with it. */
const suspicious = new RegExp(`"(?:${secretNames})":|ctx_[0-9a-f]{16}_|\\bsk-|://[^:/@\\s"]*:`);

/**
 * Takes secrets out of a finished log line, wherever in it they stand (a field, a message, a stack, an upstream's error text).
 * The last line of defence: nothing is meant to log them in the first place.
 */
export function redactSecrets(line: string): string {
  if (!suspicious.test(line)) return line;
  return line
    .replace(secretField, '"$1":"[redacted]"')
    .replace(ourKey, '$1_[redacted]')
    .replace(upstreamKey, '[redacted]')
    .replace(urlPassword, '$1:[redacted]@');
}
