import { isJsonObject, type JsonObject, parseJson, stringOf } from '#common';

/** Members that come in pieces; of the others the last one counts. */
const grows: ReadonlySet<string> = new Set(['text', 'summary', 'data']);

/** Adds pieces of OpenRouter's `reasoning_details` to those that came before; pieces of one detail share type and index. */
export function mergeDetails(details: JsonObject[], pieces: readonly JsonObject[]): void {
  for (const piece of pieces) {
    const known = details.findLast(
      (detail) => detail['type'] === piece['type'] && detail['index'] === piece['index'],
    );
    if (known === undefined || piece['index'] === undefined) details.push({ ...piece });
    else
      for (const [name, value] of Object.entries(piece)) {
        if (value !== null && value !== undefined) known[name] = joined(name, known[name], value);
      }
  }
}

const joined = (name: string, before: unknown, more: unknown): unknown =>
  grows.has(name) && typeof before === 'string' && typeof more === 'string' ? before + more : more;

/** What the details say in words: texts and summaries. */
export const textOfDetails = (details: readonly JsonObject[]): string =>
  details.map((detail) => stringOf(detail['text']) ?? stringOf(detail['summary']) ?? '').join('');

const mark = 'rd1.';

/**
 * Details as one opaque string, for the member in which a door's clients carry reasoning from turn to turn without reading it
 * (`signature`, `encrypted_content`): whatever a vendor wants to see again comes back to it as it was.
 */
export const packDetails = (details: readonly JsonObject[]): string =>
  details.length === 0 ? '' : mark + Buffer.from(JSON.stringify(details)).toString('base64url');

/** The details in a string that {@link packDetails} made; undefined for any other. */
export function unpackDetails(packed: unknown): JsonObject[] | undefined {
  if (typeof packed !== 'string' || !packed.startsWith(mark)) return undefined;
  const details = parseJson(Buffer.from(packed.slice(mark.length), 'base64url').toString('utf8'));
  return Array.isArray(details) ? details.filter(isJsonObject) : undefined;
}
