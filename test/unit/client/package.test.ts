import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { hashOf } from "../../tools/client/client-document.ts";
import { CONSUMER, CONSUMERS } from "../../tools/client/consumer.ts";
import { type ConsumerProject, consumerProject, ROOT, typeErrors } from "../../tools/client/pack-client.ts";
import { headerOf } from "../../tools/client/write-types.ts";

const MAX_GZIP_BYTES = 6_000;
const MAX_PACKAGE_BYTES = 80_000;

let project: ConsumerProject;
beforeAll(async () => {
  project = await consumerProject();
});
afterAll(() => project[Symbol.dispose]());

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

  test.each(CONSUMERS.slice(0, 2))("has types that hold for %s, and that refuse mistakes", async (name, options) => {
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
