import { braceOpen, elementsOf, type JsonMember, membersOf } from './json-scan.js';

/** A JSON object as it came over the wire, with the ranges of its members. */
export interface JsonObjectBytes {
  raw: Buffer;
  members: readonly JsonMember[];
}

/** What to change; everything else keeps its bytes: big integers, order, white space, escapes, spelling. */
export interface JsonEdits {
  /** Members to leave out. */
  drop?: readonly string[];
  /** The value of `model`, which is put in where there is none. */
  model?: string;
  /** Sets `stream_options.include_usage` to true. */
  includeUsage?: boolean;
  /** Puts a message before `messages[at]`; at the end when `at` is their number. */
  insert?: { message: object; at: number };
}

interface Patch {
  start: number;
  end: number;
  text: string;
}

const includeUsageMember = '"include_usage":true';

/** Indexes an object. The bytes must be valid JSON. */
export const objectBytes = (raw: Buffer): JsonObjectBytes => ({ raw, members: membersOf(raw) });

/**
 * Applies the edits to the bytes. Where a name occurs more than once every occurrence is edited, so that it does not matter
 * which of them the upstream believes; only a message goes into the last `messages`, the one that JSON.parse believes.
 *
 * @returns the edited bytes; `raw` itself when there was nothing to do.
 */
export function spliceJson({ raw, members }: JsonObjectBytes, edits: JsonEdits): Buffer {
  const dropped = new Set(edits.drop);
  const kept = members.filter(({ name }) => !dropped.has(name));
  const patches = removals(members, dropped);
  if (edits.model !== undefined) patches.push(...modelPatches(raw, kept, edits.model, edits.includeUsage));
  if (edits.includeUsage) patches.push(...usagePatches(raw, kept));
  if (edits.insert) patches.push(...messagePatches(raw, kept, edits.insert));
  return applied(raw, patches);
}

const named = (members: readonly JsonMember[], name: string): JsonMember[] =>
  members.filter((member) => member.name === name);

/** Each member leaves with one comma: the one before it if any member stays before it, else the one after it. */
function removals(members: readonly JsonMember[], dropped: ReadonlySet<string>): Patch[] {
  const patches: Patch[] = [];
  let staysBefore = false;
  for (const [i, { name, start, end }] of members.entries()) {
    if (!dropped.has(name)) staysBefore = true;
    else if (staysBefore) patches.push({ start: members[i - 1]?.end ?? start, end, text: '' });
    else patches.push({ start, end: members[i + 1]?.start ?? end, text: '' });
  }
  return patches;
}

function modelPatches(
  raw: Buffer,
  members: readonly JsonMember[],
  model: string,
  isFollowed = false,
): Patch[] {
  const text = JSON.stringify(model);
  const given = named(members, 'model');
  if (given.length > 0) return given.map(({ valueStart, end }) => ({ start: valueStart, end, text }));
  return [atFront(raw.indexOf(braceOpen), `"model":${text}`, members.length > 0 || isFollowed)];
}

function usagePatches(raw: Buffer, members: readonly JsonMember[]): Patch[] {
  const options = named(members, 'stream_options');
  if (options.length === 0) {
    return [atFront(raw.indexOf(braceOpen), `"stream_options":{${includeUsageMember}}`, members.length > 0)];
  }
  return options.flatMap(({ valueStart, end }) => {
    if (raw[valueStart] !== braceOpen) return { start: valueStart, end, text: `{${includeUsageMember}}` };
    const nested = membersOf(raw, valueStart);
    const flags = named(nested, 'include_usage');
    if (flags.length === 0) return atFront(valueStart, includeUsageMember, nested.length > 0);
    return flags.map((flag) => ({ start: flag.valueStart, end: flag.end, text: 'true' }));
  });
}

function messagePatches(
  raw: Buffer,
  members: readonly JsonMember[],
  { message, at }: { message: object; at: number },
): Patch[] {
  const messages = named(members, 'messages').at(-1);
  if (messages === undefined) return [];
  const elements = elementsOf(raw, messages.valueStart);
  const text = JSON.stringify(message);
  const next = elements[at];
  if (next !== undefined) return [{ start: next.start, end: next.start, text: `${text},` }];
  const last = elements.at(-1);
  return [
    last ? { start: last.end, end: last.end, text: `,${text}` } : atFront(messages.valueStart, text, false),
  ];
}

const atFront = (container: number, text: string, hasOthers: boolean): Patch => ({
  start: container + 1,
  end: container + 1,
  text: hasOthers ? `${text},` : text,
});

function applied(raw: Buffer, patches: Patch[]): Buffer {
  if (patches.length === 0) return raw;
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of patches.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    pieces.push(raw.subarray(from, start), Buffer.from(text));
    from = end;
  }
  pieces.push(raw.subarray(from));
  return Buffer.concat(pieces);
}
