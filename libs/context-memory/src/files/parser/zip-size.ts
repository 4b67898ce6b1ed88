import { FileUnreadableError } from './parsed-text.js';

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const endLength = 22;
const entryLength = 46;
/** A comment of this many bytes may stand behind the end record. */
const maxComment = 65_535;

/**
 * What the entries of a ZIP archive say they are when inflated, in bytes (APPNOTE.TXT 4.3). An archive may lie; that is what
 * limits of memory are for.
 * @throws FileUnreadableError for what is no archive
 */
export function inflatedSize(bytes: Uint8Array): { entries: number; size: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const entries = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  let size = 0;
  for (let i = 0; i < entries; i++) {
    if (at + entryLength > view.byteLength || view.getUint32(at, true) !== entrySignature) throw noArchive();
    // Of ZIP64 it is 2³² - 1: over any limit.
    size += view.getUint32(at + 24, true);
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    at += entryLength + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return { entries, size };
}

function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - endLength - maxComment);
  for (let at = view.byteLength - endLength; at >= first; at--) {
    if (view.getUint32(at, true) === endSignature) return at;
  }
  throw noArchive();
}

const noArchive = () => new FileUnreadableError('it cannot be read as DOCX: it is no ZIP archive');
