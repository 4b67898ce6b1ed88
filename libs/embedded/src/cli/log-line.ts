/** Said by the line's head, or the same in every line. */
const LEFT_OUT = new Set([
  'timestamp',
  'level',
  'logger_name',
  'message',
  'service',
  'environment',
  'process',
  'pid',
  'hostname',
]);

/**
 * A line of a log for people: `[2025-01-20 10:30:00] ERROR logger_name: message field=value …`, in local time. One that is
 * no JSON object (what a runtime prints) stays as it is.
 */
export function logLine(line: string): string {
  const event = parse(line);
  if (!event) return line;
  const { timestamp, level, logger_name: name, message } = event;
  const head = [
    `[${localTime(timestamp)}]`,
    text(level).toUpperCase(),
    name === undefined ? '' : `${text(name)}:`,
    text(message).replaceAll('\n', '\\n'),
  ];
  const fields = Object.entries(event)
    .filter(([key]) => !LEFT_OUT.has(key))
    .map(([key, value]) => `${key}=${short(value)}`);
  return [...head, ...fields].filter((part) => part !== '').join(' ');
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return { ...JSON.parse(line) };
  } catch {
    return undefined;
  }
}

// Swedish dates are ISO 8601's, with a space.
function localTime(timestamp: unknown): string {
  const time = new Date(typeof timestamp === 'string' ? timestamp : Number.NaN);
  return Number.isNaN(time.getTime()) ? '-' : time.toLocaleString('sv-SE');
}

/** An error is its type and message: `logs --json` has the stack. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (key, inner: unknown) => (key === 'stack' ? undefined : inner)) ?? '';
}

/** One word among others, quoted where it would be several. */
function short(value: unknown): string {
  return typeof value === 'string' && /[\s"]/.test(value) ? JSON.stringify(value) : text(value);
}
