import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(ROOT, "dist");

/** Where `wrangler.toml` looks for what the edge serves beside its own answers. */
export const ASSETS_DIR = join(DIST, "public");

const PACKAGES = [
  {
    package: "swagger-ui-dist",
    serve_as: "swagger-ui",
    files: ["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "LICENSE", "NOTICE"],
  },
  {
    package: "redoc",
    serve_as: "redoc",
    files: ["bundles/redoc.standalone.js", "bundles/redoc.standalone.js.LICENSE.txt", "LICENSE"],
  },
] as const;
const OWN = ["edge/service/browser/swagger-start.js"];

const manifest = z.object({ version: z.string() });

/** Fills `ASSETS_DIR` from node_modules. Others may read there meanwhile: each file appears whole, or not at all. */
export async function gatherAssets(): Promise<void> {
  const headers = ["/assets/*", "  X-Content-Type-Options: nosniff"];
  for (const { package: name, serve_as, files } of PACKAGES) {
    const from = join(ROOT, "node_modules", name);
    const { version } = manifest.parse(JSON.parse(await readFile(join(from, "package.json"), "utf8")));
    const path = `/assets/${serve_as}-${version}`;
    for (const file of files) await put(`${path}/${basename(file)}`, own(await readFile(join(from, file))));
    headers.push(`${path}/*`, "  Cache-Control: public, max-age=31536000, immutable");
  }
  for (const { name, bytes } of await bundleConsole()) await put(`/assets/console/${name}`, bytes);
  for (const file of OWN) await put(`/assets/${basename(file)}`, await readFile(join(ROOT, file)));
  await put("/_headers", Buffer.from(`${headers.join("\n")}\n`));
}

interface Bundled {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The console as a browser loads it: one script and one style sheet, which are asked for again after each deploy. */
export const bundleConsole = (): Promise<readonly Bundled[]> => bundlePage("console");

/** The operators' console, which `dpp ui` serves and no edge. */
export const bundleOperators = (): Promise<readonly Bundled[]> => bundlePage("operators");

async function bundlePage(name: "console" | "operators"): Promise<readonly Bundled[]> {
  const { outputFiles } = await build({
    entryPoints: ["main.tsx", `${name}.css`].map((file) => ({ in: join(ROOT, "edge", name, file), out: name })),
    outdir: "/",
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "silent",
  });
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), bytes: Buffer.from(contents) }));
}

/** Redoc's bundle asks another host for its logo: every page of ours loads from its own origin alone. */
const OUTSIDE = "https://cdn.redoc.ly/redoc/logo-mini.svg";

function own(bytes: Buffer): Buffer {
  if (!bytes.includes(OUTSIDE)) return bytes;
  return Buffer.from(bytes.toString("utf8").replaceAll(OUTSIDE, "data:,"));
}

async function put(path: string, bytes: Buffer): Promise<void> {
  const target = join(ASSETS_DIR, path);
  const there = await readFile(target).catch(() => undefined);
  if (there?.equals(bytes) === true) return;
  await mkdir(dirname(target), { recursive: true });
  const draft = join(DIST, `${basename(path)}.${process.pid}.draft`);
  await writeFile(draft, bytes);
  await rename(draft, target);
}
