import { symlinkSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { Report } from "./report.ts";
import { HERE, MODULES, runTool } from "./tools.ts";

interface World {
  readonly edgeUrl: string;
  readonly apiKey: string;
  readonly document: string;
}

interface Drive {
  drive(buyer: { readonly edgeUrl: string; readonly apiKey: string }): Promise<void>;
}

interface Generator {
  readonly name: string;
  /** The file of `generated` that uses what is made. */
  readonly drive: string;
  generate(document: string, into: string): Promise<unknown>;
}

const GENERATORS: readonly Generator[] = [
  {
    name: "hey-api",
    drive: "hey-api",
    generate: (document, into) =>
      runTool("@hey-api/openapi-ts", "openapi-ts", ["-i", document, "-o", into, "--no-log-file"]),
  },
  { name: "orval", drive: "orval", generate: generateByOrval },
  {
    name: "oazapfts",
    drive: "oazapfts",
    generate: (document, into) => runTool("oazapfts", "oazapfts", [document, join(into, "api.ts")]),
  },
  {
    name: "openapi-zod-client",
    drive: "zodios",
    generate: (document, into) =>
      runTool("openapi-zod-client", "openapi-zod-client", [document, "-o", join(into, "api.ts"), "--with-alias"]),
  },
];

/** Clients that others generate from the document: each is made, compiles strictly, and buys a run. */
export async function driveGeneratedClients(report: Report, world: World): Promise<void> {
  const dir = join(dirname(world.document), "generated");
  await Promise.all(GENERATORS.map(({ drive }) => mkdir(join(dir, drive), { recursive: true })));
  // What is generated imports packages by their names.
  symlinkSync(MODULES, join(dir, "node_modules"));
  const made = await Promise.all(
    GENERATORS.map((generator) =>
      report.check(`${generator.name} makes a client of the document`, async () => {
        await generator.generate(world.document, join(dir, generator.drive));
      }),
    ),
  );
  for (const [at, { name, drive }] of GENERATORS.entries()) {
    if (made[at] !== true) continue;
    await report.check(`the client of ${name} compiles`, () => compile(dir, drive));
    await report.check(`the client of ${name} buys a run, reads and lists it`, async () => {
      const { drive: run } = (await import(await bundle(dir, drive))) as Drive;
      await run({ edgeUrl: world.edgeUrl, apiKey: world.apiKey });
    });
  }
}

async function generateByOrval(document: string, into: string): Promise<void> {
  const config = join(into, "orval.config.mjs");
  const output = { target: join(into, "api.ts"), client: "fetch", baseUrl: { getBaseUrlFromSpecification: true } };
  writeFileSync(config, `export default ${JSON.stringify({ api: { input: document, output } })}`);
  await runTool("orval", "orval", ["--config", config]);
}

async function compile(dir: string, drive: string): Promise<void> {
  const file = join(dir, `tsconfig.${drive}.json`);
  const compilerOptions = {
    target: "ES2024",
    lib: ["ES2024", "DOM", "DOM.Iterable"],
    module: "ESNext",
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    paths: aliases(dir),
  };
  writeFileSync(file, JSON.stringify({ compilerOptions, files: [join(HERE, "generated", `${drive}.ts`)] }));
  await runTool("typescript", "tsc", ["-p", file]);
}

/** Zodios is of the days of zod 3, which the other referees have left. */
const aliases = (dir: string) => ({
  "decisionproof-api/*": [join(dir, "*")],
  zod: [join(MODULES, "zod-3")],
});

/** The address of one module with all that it imports. */
async function bundle(dir: string, drive: string): Promise<string> {
  const outfile = join(dir, `${drive}.mjs`);
  await build({
    entryPoints: [join(HERE, "generated", `${drive}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "silent",
    tsconfigRaw: { compilerOptions: { paths: aliases(dir) } },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return pathToFileURL(outfile).href;
}
