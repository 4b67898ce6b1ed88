/** Share of the gold that is among the first `k`, 0 to 1; each name counts once, at its first place. */
export function recallAt(k: number, ranking: string[], gold: Set<string>): number {
  const first = new Set([...new Set(ranking)].slice(0, k));
  return [...gold].filter((name) => first.has(name)).length / gold.size;
}

/** Normalised discounted cumulative gain of the first `k`, with gains of 0 and 1 (Järvelin and Kekäläinen 2002). */
export function ndcgAt(k: number, ranking: string[], gold: Set<string>): number {
  const gain = (place: number) => 1 / Math.log2(place + 2);
  const sum = (places: number[]) => places.reduce((total, place) => total + gain(place), 0);
  const places = [...new Set(ranking)].slice(0, k).flatMap((name, place) => (gold.has(name) ? [place] : []));
  return sum(places) / sum(Array.from({ length: Math.min(k, gold.size) }, (_, place) => place));
}

export const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The value that `share` of the values do not exceed. */
export const quantile = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? NaN;

/** 95% interval of the mean over other samples of questions like these: 1,000 bootstrap resamples, the same ones every time. */
export function interval(values: number[]): [number, number] {
  let state = 1;
  const random = () => {
    // Numerical Recipes' linear congruential generator: enough to draw questions with.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const means = Array.from({ length: 1_000 }, () =>
    mean(values.map(() => values[Math.floor(random() * values.length)] ?? 0)),
  );
  return [quantile(means, 0.025), quantile(means, 0.975)];
}
