import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Pricing from "#core/domain/pack.ts";
import type * as Requests from "#core/domain/run-request.ts";
import type * as Executing from "../../../backend/worker/execute.ts";
import type * as OffThread from "../../../backend/worker/off-thread/off-thread.ts";
import type * as Registry from "../../../backend/worker/packs/registry.ts";
import type * as Timeboxes from "../../../backend/worker/timebox.ts";
import { silentLog } from "../../support/silent-log.ts";
import { context } from "./decision-fixture.ts";

const MAX_LINES = 21;
const section = /^### A pack\n(.*?)^### /ms.exec(readFileSync(".github/CONTRIBUTING.md", "utf8"))?.[1] ?? "";
/** The section's files by path, which each names in its first line. */
const files = new Map(
  [...section.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, path = "", code = ""]) => [path, code] as const),
);

/** The section's edits: a name, the file that imports it, what is added there and to which list. */
const edits = /Import `(\w+)` in `(\S+)` and add it to `(\w+)`; import `(\w+)` in `(\S+)` and add `(\S+)` to `(\w+)`/
  .exec(section.replace(/\s+/g, " "))
  ?.slice(1);
const [offerName = "", catalog = "", offerList = "", packName = "", registry = "", packCall = "", packList = ""] =
  edits ?? [];

const house = mkdtempSync(join(tmpdir(), "new-pack-"));
const load = (path: string): Promise<unknown> => import(pathToFileURL(join(house, path)).href);

/** Imports a name in a file and puts an expression first in one of its lists. */
function enlist(path: string, list: string, { name, expression }: { name: string; expression: string }): void {
  const before = readFileSync(join(house, path), "utf8");
  const after = before.replace(new RegExp(`(const ${list}: [^=]+= \\[)`), `$1${expression}, `);
  expect(after).not.toBe(before);
  writeFileSync(join(house, path), `import { ${name} } from "./words.ts";\n${after}`);
}

beforeAll(() => {
  for (const path of ["package.json", "backend/core", "backend/worker"]) {
    cpSync(path, join(house, path), { recursive: true });
  }
  symlinkSync(resolve("node_modules"), join(house, "node_modules"));
  for (const [path, code] of files) writeFileSync(join(house, path), code, { flag: "wx" });
  enlist(catalog, offerList, { name: offerName, expression: offerName });
  enlist(registry, packList, { name: packName, expression: packCall });
});

afterAll(() => rmSync(house, { recursive: true, force: true }));

describe("the pack of the recipe", () => {
  test("is two files of twenty-one lines together, and names the lists it goes into", () => {
    expect([...files.keys()]).toEqual(["backend/core/domain/packs/words.ts", "backend/worker/packs/words.ts"]);
    const lines = [...files.values()].flatMap((code) => code.trimEnd().split("\n"));
    expect(lines.length).toBeLessThanOrEqual(MAX_LINES);
    expect([offerName, catalog, offerList]).toEqual(["wordsOffer", "backend/core/domain/packs/catalog.ts", "offers"]);
    expect([packName, registry, packList]).toEqual(["wordsPack", "backend/worker/packs/registry.ts", "packs"]);
  });

  test("is checked by the edge's own schema, with the path to what is wrong", async () => {
    const { parseRunRequest } = (await load("backend/core/domain/run-request.ts")) as typeof Requests;
    const body = (inputs: object) => ({ pack_type: "words", inputs, max_cost_usd: "0.0100" });
    expect(parseRunRequest(body({ text: "one two three" }))).toHaveProperty("request");
    const refused = parseRunRequest(body({ text: "" }));
    expect("error" in refused && refused.error.issues.map(({ path }) => path.join("."))).toEqual(["inputs.text"]);
  });

  test("is run by the worker's own code, and charged as it was estimated", async () => {
    const { createPacks } = (await load(registry)) as typeof Registry;
    const { execute } = (await load("backend/worker/execute.ts")) as typeof Executing;
    const { chargeFor } = (await load("backend/core/domain/pack.ts")) as typeof Pricing;
    const pack = createPacks({}).get("words");
    if (pack === undefined) throw new Error("the pack is not in the registry");
    const { createOffThread } = (await load("backend/worker/off-thread/off-thread.ts")) as typeof OffThread;
    const { startTimebox } = (await load("backend/worker/timebox.ts")) as typeof Timeboxes;
    const time = { clock: { now: () => 0 }, sleeper: { sleep: () => new Promise<never>(() => {}) } };
    const timebox = startTimebox(time, "tenant", { work_ms: 90_000, wait_ms: 60_000, last_wait_ms: 60_000 });
    const run = { inputs: JSON.stringify(pack.offer.examples[0].inputs) } as Parameters<typeof execute>[2];
    const deps = { offThread: createOffThread(), fetch: context().fetch, log: silentLog };
    const outcome = await execute(deps, pack, run, timebox, new AbortController().signal);
    expect(outcome).toMatchObject({ kind: "done", reliability: 1 });
    const written =
      outcome.kind === "done" &&
      typeof outcome.written === "object" &&
      "data" in outcome.written &&
      outcome.written.data;
    expect(written && Buffer.from(written).toString()).toBe('{"words":3}');
    const units = outcome.kind === "done" ? outcome.units : {};
    expect({ units, exact: true }).toEqual(pack.offer.estimate(pack.offer.examples[0].inputs));
    expect(chargeFor(pack.offer.prices, units, 1_000_000 as Parameters<typeof chargeFor>[2])).toBe(1_000);
  });
});
