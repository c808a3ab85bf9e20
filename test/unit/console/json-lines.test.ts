import { expect, test } from "vitest";
import { linesOf } from "../../../edge/console/results/json-lines.ts";

const shown = (value: unknown, missing: readonly string[] = []) =>
  linesOf(value, new Set(missing)).map(
    ({ depth, name, text, missing: isMissing }) => `${"  ".repeat(depth)}${name}=${text}${isMissing ? "?" : ""}`,
  );

test("a value is shown line by line, entries of a list numbered, and what is missing marked", () => {
  const value = { seller: "Ada", items: [{ name: "paper", price: 4.9 }, {}], paid: false, note: null };
  expect(shown(value, ["/items/0/price"])).toEqual([
    "seller=Ada",
    "items=",
    "  1=",
    "    name=paper",
    "    price=4.9?",
    "  2=none",
    "paid=false",
    "note=null",
  ]);
});

test("a value that is no object is a line, and names are pointed at as JSON Pointer has it", () => {
  expect(shown("Ada")).toEqual(["=Ada"]);
  expect(shown([])).toEqual(["=none"]);
  expect(shown({ "a/b~c": 1 }, ["/a~1b~0c"])).toEqual(["a/b~c=1?"]);
});
