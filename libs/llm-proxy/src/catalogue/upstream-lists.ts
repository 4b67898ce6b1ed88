import type { OpenRouterApi, UpstreamModel } from '#openrouter';
import { type CatalogueModel, isForEmbeddings, readModels } from './catalogue-model.js';

/** What the upstream offers. */
export interface UpstreamLists {
  /** As `/models` lists them. */
  readonly listed: readonly CatalogueModel[];
  /** Those of the list of embeddings, as far as they are not in the other; undefined when that list could not be had. */
  readonly embeddings: readonly CatalogueModel[] | undefined;
}

/**
 * Fetches both lists. That of embeddings is for their prices: without it everything else goes on.
 * @throws UpstreamError when the list of models cannot be had
 */
export async function fetchLists(api: OpenRouterApi): Promise<UpstreamLists> {
  const [models, forEmbeddings] = await Promise.all([
    api.models(),
    api.embeddingModels().catch((): UpstreamModel[] | undefined => undefined),
  ]);
  const listed = readModels(models);
  const ids = new Set(listed.map(({ id }) => id));
  const isNew = (model: CatalogueModel) => isForEmbeddings(model) && !ids.has(model.id);
  return { listed, embeddings: forEmbeddings && readModels(forEmbeddings).filter(isNew) };
}
