import { AppConfig } from '#config';
import { OpenRouterApi, UpstreamJournal } from '#openrouter';
import type { SimulatedModel, Simulator } from '#testing';
import { requiredSettings } from '#testing';
import { ModelCatalogue } from '../../libs/llm-proxy/src/catalogue/model-catalogue.js';
import { ModelRepository } from '../../libs/llm-proxy/src/catalogue/model.repository.js';
import { ModelSync } from '../../libs/llm-proxy/src/catalogue/model-sync.js';
import type { FailingDatabase, StoreClients } from './store-clients.js';

/** A model that a simulator may offer. */
export const model = (id: string, more: Partial<SimulatedModel> = {}): SimulatedModel => ({
  id,
  name: `Model ${id}`,
  description: 'a model',
  kind: 'chat',
  provider: 'P',
  contextLength: 8_000,
  maxCompletionTokens: 500,
  pricing: { prompt: '0.000000123456789012', completion: '0.0000015' },
  ...more,
});
/** One process's parts of the catalogue, against one upstream. */
export function catalogueProcess(
  upstream: Simulator,
  database: FailingDatabase,
  logger: StoreClients['logger'],
) {
  const config = new AppConfig({
    ...requiredSettings,
    OPENROUTER_BASE_URL: upstream.url,
    OPENROUTER_API_KEY: 'key',
    MODEL_CATALOGUE_TTL_SECONDS: '60',
  });
  const api = new OpenRouterApi(config, new UpstreamJournal(logger));
  const repository = new ModelRepository();
  return {
    sync: new ModelSync(config, api, database, repository, logger),
    catalogue: new ModelCatalogue(config, api, database, repository, logger),
  };
}
