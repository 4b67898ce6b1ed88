import { assertStorable, InvalidRequestError, parseJsonBody, isJsonObject, type JsonObject } from '#common';
import { type JsonObjectBytes, objectBytes } from './json-splice.js';

/** A request body: parsed once, and the bytes it came in. */
export interface ForwardedBody {
  value: JsonObject;
  bytes: JsonObjectBytes;
}

/**
 * Reads a body that is to be forwarded as it came.
 *
 * @param once members that the gateway decides by. Twice the same name is refused for them: a parser that believes the
 *   other one would see a request that was never checked (RFC 8259 §4 leaves open which counts).
 * @throws InvalidRequestError for anything but a JSON object in UTF-8 whose text can be stored.
 */
export function readForwardedBody(raw: Buffer, once: ReadonlySet<string>): ForwardedBody {
  const value = parseJsonBody(raw);
  if (!isJsonObject(value)) throw new InvalidRequestError('The body must be a JSON object');
  if (mayHoldBadText(raw)) assertStorable(value, '');
  const bytes = objectBytes(raw);
  const seen = new Set<string>();
  for (const { name } of bytes.members) {
    if (seen.has(name) && once.has(name)) throw new InvalidRequestError(`'${name}' is given twice`, name);
    seen.add(name);
  }
  return { value, bytes };
}

/** In valid UTF-8, NUL and lone surrogates can only come from an escape; most bodies hold none that could make one. */
const mayHoldBadText = (raw: Buffer): boolean =>
  raw.includes('\\u') && (raw.includes('\\u0000') || raw.includes('\\ud') || raw.includes('\\uD'));
