import { TextDecoder } from 'node:util';
import { FileUnreadableError } from './parsed-text.js';

/** So much of a page is looked at for its `<meta charset>`, as browsers do. */
const prescanned = 1_024;
const metaCharset = /<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})/i;

/**
 * The text of bytes: by their byte order mark, else the charset that came with them or that a page names, else UTF-8.
 * @throws FileUnreadableError for a charset that does not exist, and for bytes that are no text at all
 */
export function decodeText(bytes: Uint8Array, charset: string | null, isHtml: boolean): string {
  const text = decoderFor(
    markOf(bytes) ?? charset ?? (isHtml ? namedBy(bytes) : undefined) ?? 'utf-8',
  ).decode(bytes);
  if (text.includes('\0')) throw new FileUnreadableError('it is no text: it holds NUL characters');
  return text;
}

function markOf(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 'utf-8' : undefined;
}

const namedBy = (bytes: Uint8Array): string | undefined =>
  metaCharset.exec(Buffer.from(bytes.subarray(0, prescanned)).toString('latin1'))?.[1];

function decoderFor(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    throw new FileUnreadableError('its charset is not known');
  }
}
