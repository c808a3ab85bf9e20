import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CLIENT = join(ROOT, "edge/client");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");

const packed = z.tuple([
  z.object({ filename: z.string(), size: z.int(), files: z.array(z.object({ path: z.string() })) }),
]);

export interface ConsumerProject {
  /** A folder in whose node_modules the package is, as npm would install it. */
  readonly dir: string;
  /** What `npm pack` put into the package. */
  readonly files: readonly string[];
  /** Size of the package as it is published, in bytes. */
  readonly bytes: number;
  [Symbol.dispose](): void;
}

/** A project that has installed the client: what `npm pack` gives, unpacked. */
export async function consumerProject(): Promise<ConsumerProject> {
  const dir = mkdtempSync(join(tmpdir(), "dpp-client-"));
  const source = join(dir, "source");
  // As prepack does it, but not where another test may be doing the same.
  await run(process.execPath, [TSC, "-p", CLIENT, "--noEmit", "false", "--outDir", join(source, "dist")]);
  for (const name of ["package.json", "README.md", "LICENSE"]) cpSync(join(CLIENT, name), join(source, name));
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", dir], {
    cwd: source,
  });
  const [{ filename, size, files }] = packed.parse(JSON.parse(stdout));
  const modules = join(dir, "node_modules");
  const installed = join(modules, "@decisionproof/client");
  mkdirSync(installed, { recursive: true });
  await run("tar", ["-xzf", join(dir, filename), "-C", installed, "--strip-components=1"]);
  mkdirSync(join(modules, "@types"));
  symlinkSync(join(ROOT, "node_modules/@types/node"), join(modules, "@types/node"));
  symlinkSync(join(ROOT, "node_modules/undici-types"), join(modules, "undici-types"));
  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  return {
    dir,
    files: files.map(({ path }) => path).toSorted(),
    bytes: size,
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  skipLibCheck: false,
  noEmit: true,
  target: "ES2022",
};

/** What the compiler, the house's or another, finds wrong with these files of the project; nothing, if it finds nothing. */
export async function typeErrors(
  dir: string,
  compilerOptions: object,
  files: readonly string[],
  compiler = TSC,
): Promise<string> {
  const config = join(dir, "tsconfig.json");
  writeFileSync(config, JSON.stringify({ compilerOptions: { ...STRICT, ...compilerOptions }, files }));
  try {
    await run(process.execPath, [compiler, "-p", config]);
    return "";
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

/** The TypeScript of the client's README, by its headings. */
export function snippets(): ReadonlyMap<string, string> {
  const text = readFileSync(join(CLIENT, "README.md"), "utf8");
  const found = [...text.matchAll(/^## (\d+\. .+)$[^]*?^```ts\n([^]*?)^```$/gm)];
  return new Map(found.map(([, heading = "", code = ""]) => [heading, code]));
}
