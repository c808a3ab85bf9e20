const DANGEROUS = /^[=+\-@\t\r\n＝＋－＠]/u;

/** RFC 4180. A text that a spreadsheet would run as a formula is kept a text by an apostrophe. */
export function csvOf(head: readonly string[], rows: readonly (readonly (string | number | null | undefined)[])[]) {
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  const text =
    typeof value === "string" && DANGEROUS.test(value) && Number.isNaN(Number(value)) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
