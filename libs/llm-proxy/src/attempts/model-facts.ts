/** What choosing a fallback needs to know of models. Answers come from memory: a failing call must not wait for a list. */
export abstract class ModelFacts {
  /** Tokens of prompt and answer together; undefined for a model that is not known, or not known that well. */
  abstract contextLength(model: string): number | undefined;
}

/** Who made a model: `openai` of `openai/gpt-5`. */
export const vendorOf = (model: string): string => model.split('/', 1)[0] ?? model;
