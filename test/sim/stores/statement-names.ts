import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

const DIRECTORY = new URL("../../../backend/core/store/postgres/", import.meta.url);
const header = (text: string): string => text.slice(0, text.indexOf("\n"));

const names = new Map(
  readdirSync(DIRECTORY)
    .filter((file) => file.endsWith(".sql"))
    .map((file) => [header(readFileSync(new URL(file, DIRECTORY), "utf8")), basename(file, ".sql")]),
);

/** The file that a statement stands in, known by its first line. */
export function statementName(text: string): string {
  return names.get(header(text)) ?? "statement";
}
