import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { MUTANTS } from "../tools/sim/mutants/list.ts";
import { createMoneyWorld } from "./support/money-world.ts";

const world = await createMoneyWorld();
afterAll(() => world.close());

const timesIn = (text: string, find: string): number => text.split(find).length - 1;

async function functionText(name: string): Promise<string> {
  const [row] = await world.owner.query("SELECT pg_get_functiondef($1::regproc) AS text", [name]);
  return String(row?.["text"]);
}

describe.each(MUTANTS)("the mutant $name", ({ sources = [], database = [] }) => {
  it("finds the guard that it takes away, once", async () => {
    for (const { file, find } of sources) {
      expect(timesIn(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), find), file).toBe(1);
    }
    for (const mutation of database) {
      if ("statement" in mutation) continue;
      expect(timesIn(await functionText(mutation.in_function), mutation.find), mutation.in_function).toBe(1);
    }
  });
});
