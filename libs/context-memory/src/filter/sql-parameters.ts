/** Collects the values of a statement that is put together from parts; each part gets the name of its own. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** @returns the placeholder for this value: `$3` */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}
