import { expect, test } from "vitest";
import { keyRequest } from "#core/domain/key-request.ts";
import { escapeLine, escapeUnprintable, isPrintable } from "#core/domain/printable.ts";
import { fields, table } from "../../../backend/cli/text.ts";

const ODD = ["\u001b[2J", "a\u009bm", "a\u007f", "a\u202eb", "a\u2066b", "a\nb", "a\u2028b"];

test.each(ODD)("%j is no name of a key, and is escaped where it is printed", (name) => {
  expect(isPrintable(name)).toBe(false);
  expect(keyRequest.safeParse({ name, scopes: ["read"] }).success).toBe(false);
  for (const text of [fields([["name", name]]), table(["name"], [[name]]), escapeLine(name)]) {
    expect(isPrintable(text.replaceAll("\n", ""))).toBe(true);
  }
});

test("names in any script are printable, and line feeds of a whole text stay", () => {
  for (const name of ["Zoë", "שלום", "日本", "😀"]) expect(isPrintable(name)).toBe(true);
  expect(escapeUnprintable("a\nb\u001bc")).toBe(String.raw`a${"\n"}b\u001bc`);
});
