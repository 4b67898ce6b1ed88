/** What can be taken out of a text before it is stored. */
export const piiClasses = ['api_key', 'email', 'iban', 'card', 'phone'] as const;

export type PiiClass = (typeof piiClasses)[number];

/** How many of each class were taken out; a class that was not found is absent. */
export type RedactionCounts = Partial<Record<PiiClass, number>>;

/** What stands where something was: `[EMAIL]`. */
export const markOf = (piiClass: PiiClass): string => `[${piiClass.toUpperCase()}]`;

/** Sums by class. */
export function addCounts(sum: RedactionCounts, more: RedactionCounts): RedactionCounts {
  const classes = piiClasses.filter((name) => sum[name] !== undefined || more[name] !== undefined);
  return Object.fromEntries(classes.map((name) => [name, (sum[name] ?? 0) + (more[name] ?? 0)]));
}
