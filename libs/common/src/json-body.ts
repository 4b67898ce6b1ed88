import { isUtf8 } from 'node:buffer';
import { InvalidRequestError } from './gateway-error.js';

/** The deepest tool schema seen in the wild nests about twenty levels; no recursive walk over this many exhausts the stack. */
export const maxJsonDepth = 256;

/**
 * Parses a request body.
 * @throws InvalidRequestError for bytes that are not UTF-8, text that is not JSON, nesting beyond {@link maxJsonDepth}
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw invalid('is not valid UTF-8');
  if (nestsDeeperThan(bytes, maxJsonDepth)) throw invalid(`nests deeper than ${maxJsonDepth} levels`);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // V8's message quotes the body, which would put it into the log.
    throw invalid('is not valid JSON');
  }
}

const invalid = (fault: string) => new InvalidRequestError(`The body ${fault}`, undefined, 'invalid_json');

const quote = 0x22;
const backslash = 0x5c;

/** One pass over the bytes before anything parses them, so that 50,000 brackets cost what they weigh. */
export function nestsDeeperThan(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}
