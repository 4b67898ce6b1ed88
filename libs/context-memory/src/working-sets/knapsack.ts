/** Something that may be taken: worth `value` (≥ 0), for `weight` (a whole number ≥ 1). */
export interface Weighed {
  value: number;
  weight: number;
}

/** Steps of the exact way: some ten milliseconds at most. */
const maxCells = 2_000_000;

/**
 * The most value under a capacity: the 0/1 knapsack problem.
 *
 * Exact, by dynamic programming over the capacity (Bellman 1957; Martello & Toth, Knapsack Problems, 1990, §2.6), when things
 * times capacity are few enough. Else by density, the best single thing standing in where it is worth more than all that was
 * taken: at least half of the most (Martello & Toth, §2.4). The same things in the same order give the same choice.
 *
 * @param capacity a whole number; below 0 nothing fits
 * @returns those taken, in the order given
 */
export function mostValue<Thing extends Weighed>(things: readonly Thing[], capacity: number): Thing[] {
  const fitting = things.filter(({ weight }) => weight <= capacity);
  const total = fitting.reduce((sum, { weight }) => sum + weight, 0);
  if (fitting.length === 0 || total <= capacity) return fitting;
  return fitting.length * capacity <= maxCells ? exactly(fitting, capacity) : byDensity(fitting, capacity);
}

function exactly<Thing extends Weighed>(things: Thing[], capacity: number): Thing[] {
  // best[c]: the most value of the things so far under capacity c; taken, row by row, whether that needs the row's thing.
  const best = new Float64Array(capacity + 1);
  const taken = things.map(({ value, weight }) => {
    const row = new Uint8Array(capacity + 1);
    for (let c = capacity; c >= weight; c -= 1) {
      const withIt = (best[c - weight] ?? 0) + value;
      if (withIt <= (best[c] ?? 0)) continue;
      best[c] = withIt;
      row[c] = 1;
    }
    return row;
  });
  const chosen: Thing[] = [];
  let left = capacity;
  for (const [i, thing] of [...things.entries()].toReversed()) {
    if (taken[i]?.[left] !== 1) continue;
    chosen.push(thing);
    left -= thing.weight;
  }
  return chosen.toReversed();
}

function byDensity<Thing extends Weighed>(things: Thing[], capacity: number): Thing[] {
  const chosen = new Set<Thing>();
  let left = capacity;
  let value = 0;
  for (const thing of things.toSorted(denserFirst)) {
    if (thing.weight > left) continue;
    chosen.add(thing);
    left -= thing.weight;
    value += thing.value;
  }
  const single = things.reduce((best, thing) => (thing.value > best.value ? thing : best));
  return single.value > value ? [single] : things.filter((thing) => chosen.has(thing));
}

/** Most value for its weight first. */
export const denserFirst = (a: Weighed, b: Weighed): number => b.value / b.weight - a.value / a.weight;
