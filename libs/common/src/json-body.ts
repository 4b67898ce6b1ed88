import { InvalidRequestError } from './gateway-error.js';

/** Deeper than any real call, shallow enough that no recursive walk over the value can exhaust the stack. */
export const maxJsonDepth = 256;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Parses a request body.
 *
 * @returns the text as sent (for byte-true edits) and its value
 * @throws InvalidRequestError for bytes that are not UTF-8, text that is not JSON, nesting beyond {@link maxJsonDepth}
 */
export function parseJsonBody(bytes: Uint8Array): { text: string; value: unknown } {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new InvalidRequestError('The body is not valid UTF-8', undefined, 'invalid_json');
  }
  if (deepestNesting(bytes) > maxJsonDepth) {
    throw new InvalidRequestError(
      `The body is nested deeper than ${maxJsonDepth} levels`,
      undefined,
      'invalid_json',
    );
  }
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message.slice(0, 200) : 'unreadable';
    throw new InvalidRequestError(`The body is not valid JSON: ${reason}`, undefined, 'invalid_json');
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** How deep arrays and objects nest, in one pass over the bytes (UTF-8 never holds these bytes inside a character). */
export function deepestNesting(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > deepest) deepest = depth;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return deepest;
}
