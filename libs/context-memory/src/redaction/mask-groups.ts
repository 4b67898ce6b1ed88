/** Numbers that people write in groups: what may be one, and how long it can be. */
export interface GroupedNumber {
  /** Runs of groups with one separator between two; must not match inside of a longer run. */
  runs: RegExp;
  /** Most signs of one, separators left out. */
  longest: number;
  /** Whether one may begin with this group. */
  begins: (group: string) => boolean;
  accepts: (signs: string) => boolean;
}

/**
 * Replaces every number that is accepted, from the first of its groups to the last; of several that begin with the same group
 * the longest. Each group is looked at together with the few behind it, so the time is linear in the text.
 */
export function maskGroups(text: string, number: GroupedNumber, mark: () => string): string {
  return text.replace(number.runs, (run) => {
    const groups = [...run.matchAll(/[A-Za-z0-9]+/g)].map(({ 0: signs, index }) => ({ signs, index }));
    let masked = '';
    let kept = 0;
    for (let first = 0; first < groups.length; first++) {
      const last = lastOfNumber(groups, first, number);
      if (last === undefined) continue;
      masked += run.slice(kept, groups[first]?.index) + mark();
      kept = (groups[last]?.index ?? 0) + (groups[last]?.signs.length ?? 0);
      first = last;
    }
    return masked + run.slice(kept);
  });
}

function lastOfNumber(
  groups: { signs: string }[],
  first: number,
  { longest, begins, accepts }: GroupedNumber,
): number | undefined {
  if (!begins(groups[first]?.signs ?? '')) return undefined;
  let found: number | undefined;
  let signs = '';
  for (let last = first; last < groups.length; last++) {
    signs += groups[last]?.signs ?? '';
    if (signs.length > longest) break;
    if (accepts(signs)) found = last;
  }
  return found;
}
