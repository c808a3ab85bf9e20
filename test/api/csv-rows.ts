const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;

/** The rows of a text that keeps to RFC 4180 to the letter; throws for one that does not. */
export function csvRows(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (CELL.lastIndex = 0; CELL.lastIndex < text.length;) {
    const at = CELL.lastIndex;
    const [, quoted, bare = "", end] = CELL.exec(text) ?? [];
    if (end === undefined) throw new Error(`no CSV at character ${at}`);
    row.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) throw new Error("the last row does not end");
  if (new Set(rows.map(({ length }) => length)).size > 1) throw new Error("rows differ in length");
  return rows;
}
