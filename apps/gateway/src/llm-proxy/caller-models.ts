import { Injectable } from '@nestjs/common';
import type { Caller, CallerModels as OwnModels } from '#auth';
import { type ListedModel, ModelCatalogue, ModelNotFoundError } from '#llm-proxy';

type VirtualModel = OwnModels['virtual'] extends ReadonlyMap<string, infer Model> ? Model : never;

/** The models that a caller may name: its workspace's virtual ones, then the upstream's, as far as its key's list goes. */
@Injectable()
export class CallerModels {
  constructor(private readonly catalogue: ModelCatalogue) {}

  /** A virtual model stands in the place of a real one of its name. @throws UpstreamError while there is no catalogue */
  async list({ models, allowedModels }: Caller): Promise<ListedModel[]> {
    const virtual = [...models.virtual].map(([name, model]) => this.toListed(name, model));
    const real = (await this.catalogue.list()).filter(({ id }) => !models.virtual.has(id));
    return [...virtual, ...real].filter(({ id }) => allowedModels === null || allowedModels.includes(id));
  }

  /** @throws ModelNotFoundError, also for one that the key may not use; UpstreamError as `list` does */
  async get({ models, allowedModels }: Caller, id: string): Promise<ListedModel> {
    if (allowedModels !== null && !allowedModels.includes(id)) throw new ModelNotFoundError(id);
    const virtual = models.virtual.get(id);
    return virtual ? this.toListed(id, virtual) : this.catalogue.get(id);
  }

  /** Its window is that of its largest target, where a prompt that fits no other goes. */
  private toListed(id: string, { targets, createdAt }: VirtualModel): ListedModel {
    const windows = targets.flatMap(({ model }) => this.catalogue.find(model)?.contextLength ?? []);
    return {
      id,
      object: 'model',
      created: Math.floor(createdAt.getTime() / 1_000),
      owned_by: 'workspace',
      ...(windows.length > 0 && { context_length: Math.max(...windows) }),
    };
  }
}
