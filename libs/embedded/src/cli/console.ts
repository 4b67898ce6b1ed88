/** Something the user has to know; printed without a stack trace. */
export class CommandFailed extends Error {}

/** One line for people on the terminal. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Rows as a table: columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
