import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { hashOf } from "../../tools/client/client-document.ts";
import { type ConsumerProject, consumerProject, ROOT, typeErrors } from "../../tools/client/pack-client.ts";
import { headerOf } from "../../tools/client/write-types.ts";

const MAX_GZIP_BYTES = 6_000;
const MAX_PACKAGE_BYTES = 80_000;

let project: ConsumerProject;
beforeAll(async () => {
  project = await consumerProject();
});
afterAll(() => project[Symbol.dispose]());

/** What somebody writes who has installed the package. */
const CONSUMER = `
import { Decisionproof, type Output, type PackType, type Run, verifyWebhook } from "@decisionproof/client";
const dpp = new Decisionproof({ apiKey: "k", baseUrl: "https://api.example" });

const output = await dpp.run("compliance", { inputs: { text: "x" }, max_cost_usd: "0.0500" });
export const verdict: "clean" | "findings" | string = output.data.verdict;
// @ts-expect-error: of another pack
export const winner = output.data.winner;

const page = await dpp.run("url", { inputs: { url: "https://example.com/", format: "markdown" }, max_cost_usd: "0.0500" });
if (page.data.format === "markdown") page.data.markdown.trim();

// @ts-expect-error: no such pack
await dpp.run("tea", { inputs: {}, max_cost_usd: "0.0500" });
// @ts-expect-error: no such input
await dpp.run("char", { inputs: { nmae: "Ada" }, max_cost_usd: "0.0500" });
// @ts-expect-error: an amount is a string
await dpp.run("char", { inputs: { name: "Ada" }, max_cost_usd: 0.05 });
// @ts-expect-error: the cap is required
await dpp.run("char", { inputs: { name: "Ada" } });
// @ts-expect-error: inputs of another pack
await dpp.runs.create({ pack_type: "char", inputs: { text: "x" }, max_cost_usd: "0.0500" });

const submitted: Run<"char"> = await dpp.runs.create({ pack_type: "char", inputs: { name: "Ada" }, max_cost_usd: "0.0500" });
export const portrait: Output<"char"> = await dpp.runs.output(await dpp.runs.wait(submitted));
export const any: Output<PackType> = await dpp.runs.output(submitted.run_id);
for await (const run of dpp.runs.list({ status: ["FAILED"] })) run.error?.reason_code.trim();
// @ts-expect-error: no such status
dpp.runs.list({ status: ["LOST"] });
for await (const { next_position } of dpp.ledger.list({ order: "committed" }).pages()) next_position?.trim();
export async function receive(request: Request) {
  const { event } = await verifyWebhook(request, "whsec_");
  if (event.type === "budget.threshold") event.data.threshold_percent.toFixed();
  else if (event.type === "key.revoked") event.data.key_id.trim();
  else event.data.run.cost.actual_usd?.trim();
}
`;

describe("the package", () => {
  test("has what runs, its types, its licence and its README, and nothing else", () => {
    const modules = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "edge/client"], {
      cwd: ROOT,
      encoding: "utf8",
    })
      .trim()
      .split("\n")
      .map((file) => file.replace("edge/client/", ""));
    const built = modules.flatMap((file) =>
      /^[\w-]+\.ts$/.test(file)
        ? [`dist/${file.replace(/\.ts$/, ".d.ts")}`, `dist/${file.replace(/\.ts$/, ".js")}`]
        : [],
    );
    expect(project.files).toEqual(["LICENSE", "README.md", "package.json", ...built].toSorted());
    expect(project.bytes).toBeLessThan(MAX_PACKAGE_BYTES);
  });

  test("depends on nothing, and has under 6 kB minified and compressed", async () => {
    const { outputFiles, metafile } = await build({
      stdin: { contents: 'export * from "@decisionproof/client";', resolveDir: project.dir },
      bundle: true,
      minify: true,
      format: "esm",
      platform: "neutral",
      write: false,
      metafile: true,
    });
    const [file] = outputFiles;
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
    expect(gzipSync(file?.contents ?? new Uint8Array()).length).toBeLessThan(MAX_GZIP_BYTES);
    const manifest = JSON.parse(readFileSync(join(ROOT, "edge/client/package.json"), "utf8")) as object;
    expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);
  });

  test.each([
    ["nodenext, without types of a browser", { module: "NodeNext", lib: ["ES2023"], types: ["node"] }],
    [
      "a bundler, for browsers",
      { module: "ESNext", moduleResolution: "bundler", lib: ["ES2023", "DOM", "DOM.Iterable"], types: [] },
    ],
  ])("has types that hold for %s, and that refuse mistakes", async (name, options) => {
    const file = `consumer-${name.slice(0, 3)}.ts`;
    writeFileSync(join(project.dir, file), CONSUMER);
    expect(await typeErrors(project.dir, options, [file])).toBe("");
  });

  test("has the product's version and licence, and is built before it is published", () => {
    const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), "utf8")) as Record<string, unknown>;
    const [own, product] = [read("edge/client/package.json"), read("package.json")];
    expect([own["version"], own["license"]]).toEqual([product["version"], product["license"]]);
    expect(readFileSync(join(ROOT, "edge/client/LICENSE"), "utf8")).toBe(readFileSync(join(ROOT, "LICENSE"), "utf8"));
    expect(own["scripts"]).toEqual({ prepack: "tsc -p . --noEmit false" });
  });
});

describe("the types of the API", () => {
  const text = readFileSync(join(ROOT, "edge/client/schema.ts"), "utf8");

  test("are those of the document as it is; if not, run `npm run client:types`", () => {
    const made = text.slice(text.indexOf("\n\n") + 2);
    expect(text.slice(0, -made.length)).toBe(headerOf(made));
    expect(hashOf(made)).toHaveLength(64);
  });

  test("know every pack", () => {
    for (const type of catalog.keys()) expect(text).toContain(`pack_type: "${type}";`);
  });
});
