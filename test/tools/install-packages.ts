import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Installs packages that only one tool needs, from the lockfile of their folder; once, until it changes. */
export async function installPackages(folder: string, what: string): Promise<void> {
  const lockfile = readFileSync(join(folder, "package-lock.json"), "utf8");
  const installed = join(folder, "node_modules", ".installed-from.json");
  if (existsSync(installed) && readFileSync(installed, "utf8") === lockfile) return;
  console.error(`Installing ${what}, once`);
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = spawn("npm", ["ci", "--prefix", folder, ...quiet], { stdio: ["inherit", 2, "inherit"] });
  const [code] = await once(npm, "exit");
  if (code !== 0) throw new Error(`npm ci ended with ${String(code)}`);
  writeFileSync(installed, lockfile);
}
