import { escapeLine } from "#core/domain/printable.ts";

/** Names and values in two columns. */
export function fields(given: readonly (readonly [name: string, value: string])[]): string {
  const entries = given.map(([name, value]) => [escapeLine(name), escapeLine(value)] as const);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

/** Rows under their headings; amounts (in columns named so) stand right-aligned. */
export function table(headings: readonly string[], given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(escapeLine));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return headings[column]?.endsWith("usd") === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [headings, ...rows].map(line).join("\n");
}
