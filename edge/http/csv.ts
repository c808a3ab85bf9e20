const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/u;

/** Rows as `text/csv` (RFC 4180), the first of them names. A cell that a spreadsheet would run begins with an apostrophe. */
export const csvText = (rows: readonly (readonly (string | null)[])[]): string =>
  rows.map((cells) => `${cells.map(cellOf).join(",")}\r\n`).join("");

function cellOf(value: string | null): string {
  const text = value ?? "";
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
