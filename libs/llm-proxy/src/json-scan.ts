/** `{`, as a byte. */
export const braceOpen = 0x7b;
const quote = 0x22;
const braceClose = 0x7d;
const bracketOpen = 0x5b;
const bracketClose = 0x5d;
const backslash = 0x5c;
const comma = 0x2c;

/** Bytes `start` to `end` (not included) of a JSON text. */
export interface JsonRange {
  start: number;
  end: number;
}

/** A member of an object, from the quote of its name to the end of its value. */
export interface JsonMember extends JsonRange {
  /** Unescaped. */
  name: string;
  valueStart: number;
}

/** The index after the string whose opening quote is at `at`. A plain loop: on real prompts it beats jumps by indexOf. */
export function skipString(json: Uint8Array, at: number): number {
  for (let i = at + 1; i < json.length; i += 1) {
    const byte = json[i];
    if (byte === quote) return i + 1;
    if (byte === backslash) i += 1;
  }
  return json.length;
}

/**
 * The members of the object whose brace is the first byte at or after `at` that is no white space, in their order;
 * duplicates included. The text must be valid JSON and the value an object.
 */
export function membersOf(json: Buffer, at = 0): JsonMember[] {
  const members: JsonMember[] = [];
  let i = skipSpace(json, skipSpace(json, at) + 1);
  while (json[i] === quote) {
    const nameEnd = skipString(json, i);
    const valueStart = skipSpace(json, skipSpace(json, nameEnd) + 1);
    const end = skipValue(json, valueStart);
    members.push({ name: nameAt(json, i, nameEnd), start: i, valueStart, end });
    i = nextItem(json, end);
  }
  return members;
}

/** The elements of the array at `at`, as `membersOf` does it for objects. */
export function elementsOf(json: Buffer, at: number): JsonRange[] {
  const elements: JsonRange[] = [];
  let start = skipSpace(json, skipSpace(json, at) + 1);
  while (start < json.length && json[start] !== bracketClose) {
    const end = skipValue(json, start);
    elements.push({ start, end });
    start = nextItem(json, end);
  }
  return elements;
}

function nameAt(json: Buffer, start: number, end: number): string {
  const name = json.toString('utf8', start + 1, end - 1);
  return name.includes('\\') ? String(JSON.parse(`"${name}"`)) : name;
}

/** After a value: the next one, or whatever closes the container. */
function nextItem(json: Uint8Array, end: number): number {
  const i = skipSpace(json, end);
  return json[i] === comma ? skipSpace(json, i + 1) : i;
}

function skipSpace(json: Uint8Array, at: number): number {
  let i = at;
  while (json[i] === 0x20 || json[i] === 0x0a || json[i] === 0x0d || json[i] === 0x09) i += 1;
  return i;
}

function skipValue(json: Uint8Array, at: number): number {
  const first = json[at];
  if (first === quote) return skipString(json, at);
  return first === braceOpen || first === bracketOpen ? skipContainer(json, at) : skipScalar(json, at);
}

function skipContainer(json: Uint8Array, at: number): number {
  let depth = 0;
  for (let i = at; i < json.length; i += 1) {
    const byte = json[i];
    if (byte === quote) i = skipString(json, i) - 1;
    else if (byte === braceOpen || byte === bracketOpen) depth += 1;
    else if (byte === braceClose || byte === bracketClose) {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return json.length;
}

/** Numbers, true, false and null are made of letters, digits, signs and points; commas, brackets and white space are not. */
function skipScalar(json: Uint8Array, at: number): number {
  let i = at;
  for (let byte = json[i]; byte !== undefined && byte > 0x20 && byte !== comma; byte = json[i]) {
    if (byte === braceClose || byte === bracketClose) break;
    i += 1;
  }
  return i;
}
