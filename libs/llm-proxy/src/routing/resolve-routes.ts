import { InvalidRequestError } from '#common';

/**
 * Models that one call may come to. All of them are asked when each fails, so a list without an end would be a call that
 * costs the upstream as many.
 */
const mostRoutes = 16;

/** A workspace's own name for models: tried in this order, or beginning with one chosen by weight. */
export interface VirtualModel {
  readonly strategy: 'ordered' | 'weighted';
  /** The upstream's names, never virtual ones; at least one. A missing weight counts as 0. */
  readonly targets: readonly { readonly model: string; readonly weight: number | null }[];
}

/** By name. */
export type VirtualModels = ReadonlyMap<string, VirtualModel>;

/**
 * Resolves the names of a call, `model` and then `models`, in one step: targets are the upstream's names and are not looked
 * up again, so that no chain of names can loop, and a name may be a target of its own (`a/b`, then `c/d`).
 *
 * @param names at least one
 * @param random from 0 to below 1; asked once for each weighted name
 * @returns the upstream's names, the chosen one first, each once
 * @throws InvalidRequestError when they are more than {@link mostRoutes}
 */
export function resolveRoutes(
  names: readonly [string, ...string[]],
  virtual: VirtualModels,
  random: () => number = Math.random,
): readonly [string, ...string[]] {
  const targets = names.flatMap((name) => {
    const model = virtual.get(name);
    return model ? inOrder(model, random) : [name];
  });
  const [first = names[0], ...rest] = new Set(targets);
  if (rest.length >= mostRoutes)
    throw new InvalidRequestError(`'models' come to more than ${mostRoutes} models`, 'models');
  return [first, ...rest];
}

/** The chosen one, then the others as they are listed. */
function inOrder({ strategy, targets }: VirtualModel, random: () => number): string[] {
  const models = targets.map(({ model }) => model);
  if (strategy === 'ordered') return models;
  const chosen = chooseByWeight(targets, random);
  return [...models.slice(chosen, chosen + 1), ...models.toSpliced(chosen, 1)];
}

/** The index of one target, each as likely as its share of all weights; the first when none has any. */
function chooseByWeight(targets: VirtualModel['targets'], random: () => number): number {
  const total = targets.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  let left = random() * total;
  for (const [i, { weight }] of targets.entries()) {
    left -= weight ?? 0;
    if (left < 0) return i;
  }
  return 0;
}
