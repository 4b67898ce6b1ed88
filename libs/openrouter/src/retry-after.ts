type Headers = Readonly<Record<string, string | string[] | undefined>>;

const longestSeconds = 86_400;

/**
 * Seconds until the upstream wants to be asked again, rounded up, at most a day (RFC 9110 §10.2.3: seconds or an HTTP
 * date; OpenAI adds `retry-after-ms`). Undefined when it did not say, or not in a way that can be read.
 */
export function retryAfterSeconds(headers: Headers = {}, now = Date.now()): number | undefined {
  const millis = positive(one(headers['retry-after-ms']));
  if (millis !== undefined) return bounded(millis / 1000);
  const text = one(headers['retry-after']);
  const seconds = positive(text);
  if (seconds !== undefined) return bounded(seconds);
  const date = Date.parse(text ?? '');
  return Number.isNaN(date) ? undefined : bounded((date - now) / 1000);
}

const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

function positive(text: string | undefined): number | undefined {
  const value = text?.trim() ? Number(text) : Number.NaN;
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

const bounded = (seconds: number): number => Math.min(longestSeconds, Math.max(0, Math.ceil(seconds)));
