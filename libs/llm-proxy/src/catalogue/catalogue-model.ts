import { assertStorable, isJsonObject, type JsonObject, numberOf, stringOf } from '#common';
import type { UpstreamModel } from '#openrouter';

/** A model as OpenAI's list shows it, with whatever else the upstream tells of it. */
export type ListedModel = UpstreamModel & { object: 'model'; created: number; owned_by: string };

/** What the gateway knows of one of the upstream's models. */
export interface CatalogueModel {
  readonly id: string;
  readonly name: string;
  /** Who makes it: `openai` of `openai/gpt-5`. */
  readonly vendor: string;
  /** Tokens of prompt and completion together; null: not told. */
  readonly contextLength: number | null;
  readonly maxCompletionTokens: number | null;
  /**
   * As the upstream gives it, digit for digit: US dollars a unit (`prompt`, `completion`: a token) as decimal strings, `-1` for
   * "it depends", `overrides` for long prompts.
   */
  readonly pricing: Readonly<JsonObject>;
  readonly supportedParameters: readonly string[];
  readonly inputModalities: readonly string[];
  readonly outputModalities: readonly string[];
  /** The family of its tokenizer, `GPT`; null: not told. */
  readonly tokenizer: string | null;
  /** The upstream's own entry. */
  readonly entry: UpstreamModel;
}

/** No request can name a longer one, and an index entry has its limits. */
const longestId = 256;
const largestInteger = 2 ** 31 - 1;

/**
 * Reads the upstream's list, each id once, in its order. Every entry is read for itself: what makes no sense in one is left
 * out of that one, and one that cannot be stored is left out whole, so that a single bad entry never costs the list.
 */
export function readModels(entries: readonly UpstreamModel[]): CatalogueModel[] {
  const models = new Map<string, CatalogueModel>();
  for (const entry of entries) {
    if (entry.id.length <= longestId && isStorable(entry) && !models.has(entry.id))
      models.set(entry.id, readModel(entry));
  }
  return [...models.values()];
}

/** One entry; whatever it does not tell, or tells in a way that makes no sense, is null or empty. */
export function readModel(entry: UpstreamModel): CatalogueModel {
  const architecture = objectOf(entry['architecture']);
  const provider = objectOf(entry['top_provider']);
  return {
    id: entry.id,
    name: stringOf(entry['name']) ?? entry.id,
    vendor: vendorOf(entry),
    contextLength: countOf(entry['context_length']) ?? countOf(provider['context_length']),
    maxCompletionTokens: countOf(provider['max_completion_tokens']),
    pricing: objectOf(entry['pricing']),
    supportedParameters: wordsIn(entry['supported_parameters']),
    inputModalities: wordsIn(architecture['input_modalities']),
    outputModalities: wordsIn(architecture['output_modalities']),
    tokenizer: stringOf(architecture['tokenizer']) ?? null,
    entry,
  };
}

/** Makes embeddings and nothing else: the upstream lists it apart, and so do we. */
export const isForEmbeddings = ({ outputModalities: [first, ...others] }: CatalogueModel): boolean =>
  first === 'embeddings' && others.length === 0;

/** The model for OpenAI's list. */
export const toListedModel = ({ entry, vendor }: CatalogueModel): ListedModel => ({
  ...entry,
  object: 'model',
  created: numberOf(entry['created']) ?? 0,
  owned_by: stringOf(entry['owned_by']) ?? vendor,
});

/** `~openai/gpt-latest` is OpenRouter's name for whatever is newest of openai's. */
function vendorOf(entry: UpstreamModel): string {
  const [vendor, rest] = entry.id.replace(/^~/, '').split('/');
  return rest === undefined ? (stringOf(entry['owned_by']) ?? entry.id) : (vendor ?? entry.id);
}

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

const countOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= largestInteger ? value : null;

const wordsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string') : [];

function isStorable(entry: UpstreamModel): boolean {
  try {
    assertStorable(entry, '');
    return true;
  } catch {
    return false;
  }
}
