import { InvalidRequestError } from '#common';

/** `ordered`: tried as listed; `weighted`: begins with one chosen by weight, then the rest as listed. */
export const routingStrategies = ['ordered', 'weighted'] as const;

/** One of {@link routingStrategies}. */
export type RoutingStrategy = (typeof routingStrategies)[number];

/** Where a virtual model may lead. */
export interface RoutingTarget {
  /** The upstream's name, never a virtual one. */
  readonly model: string;
  /** Of `weighted` ones: how often it comes first, as a share of all weights; 0: only when others fail. Else null. */
  readonly weight: number | null;
}

/** A workspace's own name for one model (an alias: one target) or several. */
export interface VirtualModel {
  readonly workspaceId: string;
  readonly name: string;
  readonly strategy: RoutingStrategy;
  readonly targets: readonly RoutingTarget[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Names of models, virtual and real: what OpenRouter uses, and nothing that a log or a URL would stumble over. */
export const modelName = /^[\w.:@/~-]{1,200}$/;

export const maxTargets = 16;
export const maxWeight = 1_000_000;
/** They are kept in memory with each key of the workspace. */
export const maxVirtualModels = 100;

/**
 * Holds a virtual model against the others of its workspace. Names are resolved in one step, so a target that is virtual
 * itself would go upstream as a name nobody knows there; only its own name may be among the targets (the model of that name,
 * with fallbacks).
 * @throws InvalidRequestError naming the field
 */
export function checkVirtualModel(
  { name, strategy, targets }: Pick<VirtualModel, 'name' | 'strategy' | 'targets'>,
  others: readonly Pick<VirtualModel, 'name' | 'targets'>[],
): void {
  if (!modelName.test(name))
    throw new InvalidRequestError(
      'The name must be 1 to 200 letters, digits or any of . _ : @ / ~ -',
      'name',
    );
  if (others.length >= maxVirtualModels)
    throw new InvalidRequestError(`A workspace has at most ${maxVirtualModels} virtual models`, 'name');
  const pointing = others.find((other) => other.targets.some(({ model }) => model === name));
  if (pointing)
    throw new InvalidRequestError(`'${name}' is a target of the virtual model '${pointing.name}'`, 'name');
  const names = new Set(others.map((other) => other.name));
  for (const [i, { model, weight }] of targets.entries()) {
    const param = `targets[${i}]`;
    if (names.has(model))
      throw new InvalidRequestError(`'${model}' is a virtual model: name the real one`, `${param}.model`);
    if (targets.findIndex((target) => target.model === model) < i)
      throw new InvalidRequestError(`'${model}' is listed twice`, `${param}.model`);
    if ((weight !== null) !== (strategy === 'weighted'))
      throw new InvalidRequestError(
        `Each target of a weighted model has a weight, and none of an ordered one`,
        `${param}.weight`,
      );
  }
  if (strategy === 'weighted' && targets.every(({ weight }) => weight === 0))
    throw new InvalidRequestError('At least one weight must be above 0', 'targets');
}
